import { list } from '../../../phrases.js';
import { type AdviceWording, enosysOn } from '../advice.js';
import { sectionAdvice } from '../oci/advice.js';

export const seccompilerAdvice: AdviceWording = {
  ...sectionAdvice,
  action: (kind) => `"${kind.toLowerCase()}"`,
  answerEnosys: (names, architecture, refusedBy) =>
    `${list(names, 12)}: ENOSYS is {"errno": ${enosysOn(architecture)}} in "${refusedBy === 'default' ? 'mismatch_action' : 'match_action'}", for all calls that get it`,
  answerOddEnosys: (name, architecture) =>
    `make a filter for these machines in which ${name} gets {"errno": ${enosysOn(architecture)}}`,
  defaultEnosys: (architecture) => `write "mismatch_action": {"errno": ${enosysOn(architecture)}}`,
  splitByteOrders: 'make a filter for each byte order',
  narrow: ({ bits }) => (bits === 32 ? 'write "type": "dword", which compares the low 32 bits' : undefined),
  masked: ({ mask, datum }) =>
    mask === 0xffffffffn
      ? `write "type": "dword", which compares the low 32 bits, and "val": ${datum}`
      : `write "op": {"masked_eq": ${mask}} and "val": ${datum}`,
  maskedForm: (mask) => (mask === 0xffffffffn ? '"type": "dword"' : `"op": {"masked_eq": ${mask}}`),
  maskOfZero: 'write the mask into "masked_eq" and what is compared with into "val"',
};
