import { kernelArchitecture } from '../architecture.js';
import type { NumberRange } from '../bpf/decisions/partition.js';

const hex = (value: number) => `0x${value.toString(16)}`;

/** `0xc0009026 (alpha)`, `0x1 to 0x8`. */
const auditArchWords = ({ from, to }: NumberRange): string => {
  const name = from === to ? kernelArchitecture(from) : undefined;
  return `${from === to ? hex(from) : `${hex(from)} to ${hex(to)}`}${name ? ` (${name})` : ''}`;
};

/** `architecture 0xc0009026 (alpha)`: values of `seccomp_data.arch` for which libseccomp has no table. */
export const unnamedArchitecture = (auditArches: readonly NumberRange[]): string =>
  `architecture ${auditArches.map(auditArchWords).join(', ')}`;

export const ANY_OTHER = 'any other architecture';

/** The same where it may be about most values there are, which are no machine's. */
export function otherArchitecture(auditArches: readonly NumberRange[]): string {
  const count = auditArches.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  return count < 2 ** 31 ? unnamedArchitecture(auditArches) : ANY_OTHER;
}
