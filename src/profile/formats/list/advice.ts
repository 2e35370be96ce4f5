import { number } from '../../../phrases.js';
import type { AdviceWording } from '../advice.js';
import { sectionAdvice } from '../oci/advice.js';

export const listAdvice: AdviceWording = {
  ...sectionAdvice,
  action: (kind) => (kind === 'ERRNO' ? 'errno' : kind.toLowerCase()),
  answerEnosys: (names) => `write "${names.join(', ')} -> errno ENOSYS"`,
  answerOddEnosys: (name) => `write "${name} -> errno ENOSYS"`,
  defaultEnosys: () => 'write "default errno ENOSYS", or "enosys-newer-than" with the Linux that it was written for',
  addArchitecture: (name) => `write "arch ${name}"`,
  splitByteOrders: 'make a list for each byte order',
  tieToCapability: (name, capability) => `write "when cap ${capability}: allow ${name}", or take ${name} out`,
  onlyWide: 'put "when arch NAME:" before it with the 64-bit architecture',
  narrow: ({ name }) => `write "${name}" for the argument, which compares the bits that the kernel reads`,
  masked: ({ parameter: { bits, name }, mask, datum }) =>
    mask === 2n ** BigInt(bits) - 1n
      ? `write "${name} == ${number(datum)}", which compares what the kernel reads`
      : `write "${name} & ${number(mask)} == ${number(datum)}"`,
  maskedForm: () => "the argument's name, which compares what the kernel reads",
  maskOfZero: 'write another mask than 0, or take the condition out',
  listener: 'a "listener" line',
};
