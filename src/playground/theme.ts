import { element } from './dom.js';
import { keep, kept } from './storage.js';

const KEY = 'scmp-theme';
const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const LABELS: Readonly<Record<Theme, { glyph: string; text: string }>> = {
  system: { glyph: '◐', text: 'System' },
  light: { glyph: '○', text: 'Light' },
  dark: { glyph: '●', text: 'Dark' },
};

/** The button that cycles through the themes; the choice is kept in this browser. */
export function setUpTheme(button: HTMLButtonElement): void {
  let theme = stored();
  const apply = () => {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    const { glyph, text } = LABELS[theme];
    button.replaceChildren(glyph, element('span', { class: 'theme-name', text: ` ${text}` }));
    button.setAttribute('aria-label', `Theme: ${theme}. Change`);
  };
  apply();
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] as Theme;
    apply();
    keep(KEY, theme);
  });
}

function stored(): Theme {
  const value = kept(KEY);
  return THEMES.find((each) => each === value) ?? 'system';
}
