import type { AdviceWording } from './advice.js';
import { firejailAdvice } from './firejail/advice.js';
import { goSeccompBpfAdvice } from './go-seccomp-bpf/advice.js';
import type { ProfileFormat } from './index.js';
import { kafelAdvice } from './kafel/advice.js';
import { listAdvice } from './list/advice.js';
import { lxcAdvice } from './lxc/advice.js';
import { minijailAdvice } from './minijail/advice.js';
import { nspawnAdvice } from './nspawn/advice.js';
import { OCI_ADVICE } from './oci/advice.js';
import { seccompilerAdvice } from './seccompiler/advice.js';
import { snapdAdvice } from './snapd/advice.js';
import { spoAdvice } from './spo/advice.js';
import { systemdAdvice } from './systemd/advice.js';

/** The words of advice for each format of the list. Apart from the readers: a page that checks JSON needs none of those. */
export const ADVICE: Readonly<Record<ProfileFormat, AdviceWording>> = {
  ...OCI_ADVICE,
  spo: spoAdvice,
  seccompiler: seccompilerAdvice,
  'go-seccomp-bpf': goSeccompBpfAdvice,
  systemd: systemdAdvice,
  nspawn: nspawnAdvice,
  snapd: snapdAdvice,
  firejail: firejailAdvice,
  lxc: lxcAdvice,
  'minijail-py': minijailAdvice,
  minijail: minijailAdvice,
  kafel: kafelAdvice,
  nsjail: kafelAdvice,
  list: listAdvice,
};
