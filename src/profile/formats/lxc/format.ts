import type { LinesFormat } from '../format.js';

/** LXC's seccomp policy (lxc.container.conf(5), `lxc.seccomp.profile`), which Incus and Proxmox write too. */
export const lxc = {
  id: 'lxc',
  title: 'LXC',
  phrase: 'an LXC policy',
  syntax: 'lines',
  sign: (line) => /^(?:allow|deny|white|black)list(?:\s|$)/.test(line),
  // A call may have the name of a word of the plain list (`kill errno 1`).
  isWhole: (text) => /^\s*[12]\s+(?:allow|deny|white|black)list(?:\s|$)/.test(text),
  traits: { entrySyntax: 'lxc' },
  output: {
    extension: 'seccomp',
    about: 'LXC, Incus, Proxmox',
    note: 'lxc.seccomp.profile, as LXC 5 and 6 read it',
    hasAbis: true,
  },
} as const satisfies LinesFormat;
