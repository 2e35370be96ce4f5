import { element } from './dom.js';
import { keep, kept } from './storage.js';

const KEY = 'scmp-theme';
const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const LABELS: Readonly<Record<Theme, { glyph: string; text: string }>> = {
  system: { glyph: '◐', text: 'System' },
  light: { glyph: '○', text: 'Light' },
  dark: { glyph: '●', text: 'Dark' },
};

/** The button that cycles through the themes; the choice is kept in this browser. Returns what sets one. */
export function setUpTheme(button: HTMLButtonElement): (theme: Theme) => void {
  let theme = stored();
  const apply = () => {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    const { glyph, text } = LABELS[theme];
    button.replaceChildren(glyph, element('span', { class: 'theme-name', text: ` ${text}` }));
    button.setAttribute('aria-label', `Theme: ${theme}. Change`);
  };
  const set = (chosen: Theme) => {
    theme = chosen;
    apply();
  };
  apply();
  button.addEventListener('click', () => {
    set(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] as Theme);
    keep(KEY, theme);
  });
  return set;
}

function stored(): Theme {
  const value = kept(KEY);
  return THEMES.find((each) => each === value) ?? 'system';
}
