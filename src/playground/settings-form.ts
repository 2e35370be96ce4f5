import { ARCHITECTURES, findArchitecture } from '../architecture.js';
import { CAPABILITIES, CAPABILITY_SETS } from '../profile/model/capability.js';
import { element, required, setText } from './dom.js';
import type { Settings } from './engine/protocol.js';
import type { Session } from './session.js';
import { type OptionName, withWord } from './settings/settings.js';

/** The controls above the profile. */
export function setUpSettings({ store }: Session): void {
  const arch = required('#arch', HTMLSelectElement);
  const kernel = required('#kernel', HTMLInputElement);
  const optimize = required('#optimize', HTMLSelectElement);
  const caps = required('#caps', HTMLDetailsElement);
  const list = required('#caps-list', HTMLElement);
  const change = (patch: Partial<Settings>) => store.set({ settings: { ...store.get().settings, ...patch } });

  for (const { name, goName } of ARCHITECTURES) {
    arch.add(new Option(goName && goName !== name ? `${name} (${goName})` : name, name));
  }
  arch.addEventListener('change', () => {
    const chosen = findArchitecture(arch.value);
    if (chosen) change({ arch: chosen.name });
  });
  const word = (name: OptionName, value: string) =>
    store.set({ settings: withWord(store.get().settings, name, value) });
  kernel.addEventListener('input', () => word('kernel', kernel.value));
  optimize.addEventListener('change', () => word('optimize', optimize.value));

  const boxes = CAPABILITIES.map((name) => {
    const box = element('input', { attributes: { type: 'checkbox', value: name } });
    box.addEventListener('change', () =>
      change({ capabilities: boxes.filter(({ checked }) => checked).map(({ value }) => value) }),
    );
    list.append(element('label', { class: 'caps-item' }, box, name.replace(/^CAP_/, '')));
    return box;
  });
  const choose = (selector: string, capabilities: readonly string[]) =>
    required(selector, HTMLButtonElement).addEventListener('click', () => change({ capabilities }));
  choose('#caps-none', []);
  choose('#caps-docker', CAPABILITY_SETS.docker);
  choose('#caps-all', CAPABILITIES);
  addEventListener('click', (event) => {
    if (caps.open && !caps.contains(event.target as Node)) caps.open = false;
  });
  caps.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    caps.open = false;
    caps.querySelector('summary')?.focus();
  });

  const show = ({ arch: name, capabilities, words }: Settings) => {
    const { kernel: version = '', optimize: level = '' } = words;
    arch.value = name;
    if (kernel.value !== version) kernel.value = version;
    optimize.value = level;
    for (const box of boxes) box.checked = capabilities.includes(box.value);
    setText(required('#caps-summary', HTMLElement), summary(capabilities));
  };
  show(store.get().settings);
  store.subscribe(({ settings }, before) => {
    if (settings !== before.settings) show(settings);
  });
}

function summary(capabilities: readonly string[]): string {
  if (capabilities.length === 0) return 'none';
  return capabilities.length === CAPABILITIES.length ? 'all' : `${capabilities.length} of ${CAPABILITIES.length}`;
}
