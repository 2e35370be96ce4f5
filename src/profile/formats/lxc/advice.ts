import { errnoNumber } from '../../../errno.js';
import { list, number } from '../../../phrases.js';
import type { AdviceWording } from '../advice.js';
import { sectionAdvice } from '../oci/advice.js';

export const lxcAdvice: AdviceWording = {
  ...sectionAdvice,
  action: (kind) => (kind === 'ERRNO' ? 'errno' : kind.toLowerCase()),
  answerEnosys: (names, architecture) =>
    `write a line "CALL errno ${errnoNumber('ENOSYS', architecture)}" (ENOSYS) for ${list(names, 12)}`,
  answerOddEnosys: (name, architecture) =>
    `write "${name} errno ${errnoNumber('ENOSYS', architecture)}" (ENOSYS) in a section of its own`,
  defaultEnosys: (architecture) =>
    `write "allowlist errno ${errnoNumber('ENOSYS', architecture)}", whose default is ENOSYS`,
  addArchitecture: () => 'LXC takes the architectures of the host: there is nothing to write',
  splitByteOrders: 'make a policy for each byte order',
  masked: ({ index, mask, datum }) => `write [${index},${number(datum)},&=,${number(mask)}], with the mask last`,
  maskedForm: (mask) => `"&=" and the mask ${number(mask)}`,
  maskOfZero: 'write the mask as the fourth part: [INDEX,VALUE,&=,MASK]',
  listener: 'lxc.seccomp.notify.proxy',
};
