import { errnoName } from '../../../errno.js';
import { list, number } from '../../../phrases.js';
import { type AdviceWording, enosysOn } from '../advice.js';
import { sectionAdvice } from '../oci/advice.js';

export const firejailAdvice: AdviceWording = {
  ...sectionAdvice,
  action: (kind) =>
    kind === 'LOG' ? '"seccomp-error-action log"' : kind === 'ERRNO' ? 'an errno' : kind.toLowerCase(),
  answerEnosys: (names) =>
    `write ${list(
      names.map((name) => `${name}:ENOSYS`),
      12,
    )} in the list`,
  answerOddEnosys: (name, architecture) => `write ${name}:${errnoName(enosysOn(architecture)) ?? 'ENOSYS'} in the list`,
  defaultEnosys: () => 'write "seccomp-error-action ENOSYS"',
  addArchitecture: () => 'firejail filters x86_64 and its 32-bit calls: there is nothing to write',
  splitByteOrders: 'firejail is read for x86_64 alone',
  tieToCapability: (name) => `write ${name} into seccomp.drop unless the program needs it`,
  takeOut: (name) => `take ${name} out of the list unless the program needs it`,
  onlyWide: undefined,
  narrow: () => undefined,
  masked: () => "firejail's lists compare no arguments",
  maskedForm: (mask) => `a mask of ${number(mask)}`,
  maskOfZero: "firejail's lists compare no arguments",
  listener: 'a listener, which firejail has not',
  note: 'begin the line with "#"',
};
