import type { AdviceWording } from '../advice.js';
import { sectionAdvice } from '../oci/advice.js';
import { systemdArchitecture } from './architectures.js';

export const systemdAdvice: AdviceWording = {
  ...sectionAdvice,
  action: (kind) => (kind === 'LOG' ? 'SystemCallLog=' : kind),
  answerEnosys: (names) => `write SystemCallFilter=~${names.map((name) => `${name}:ENOSYS`).join(' ')}`,
  answerOddEnosys: (name) => `write SystemCallFilter=~${name}:ENOSYS`,
  defaultEnosys: () => 'write SystemCallErrorNumber=ENOSYS',
  addArchitecture: (name) => `write SystemCallArchitectures=native ${systemdArchitecture(name)}`,
  splitByteOrders: 'make a unit for each byte order',
  tieToCapability: (name) => `write SystemCallFilter=~${name} unless the service needs it`,
  takeOut: (name) => `write SystemCallFilter=~${name} unless the service needs it`,
};
