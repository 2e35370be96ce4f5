import { goSeccompBpfNarrowing } from './go-seccomp-bpf/narrow-call.js';
import type { ProfileFormat } from './index.js';
import { kafelNarrowing } from './kafel/narrow-call.js';
import { listNarrowing } from './list/narrow-call.js';
import { lxcNarrowing } from './lxc/narrow-call.js';
import { minijailNarrowing } from './minijail/narrow-call.js';
import type { CallNarrowing } from './narrow-call.js';

/** How languages of lines compare as many bits as the kernel reads; not those that compare no arguments, or no such bits. */
export const NARROWINGS: Readonly<Partial<Record<ProfileFormat, CallNarrowing>>> = {
  'go-seccomp-bpf': goSeccompBpfNarrowing,
  lxc: lxcNarrowing,
  'minijail-py': minijailNarrowing,
  minijail: minijailNarrowing,
  kafel: kafelNarrowing,
  nsjail: kafelNarrowing,
  list: listNarrowing,
};
