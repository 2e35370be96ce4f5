import { parseArchitecture } from '../../../architecture.js';
import { list, number } from '../../../phrases.js';
import { type AdviceWording, enosysOn } from '../advice.js';

/** JSON and YAML in the shape of the OCI runtime spec. */
export const sectionAdvice: AdviceWording = {
  action: (kind) => `SCMP_ACT_${kind}`,
  answerEnosys: (names, architecture) =>
    `answer ${list(names, 12)} with SCMP_ACT_ERRNO and errnoRet ${enosysOn(architecture)} (ENOSYS)`,
  answerOddEnosys: (_name, architecture) =>
    `make a profile for these machines with errnoRet ${enosysOn(architecture)} (ENOSYS)`,
  defaultEnosys: (architecture) =>
    `make ENOSYS the default ("defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": ${enosysOn(architecture)}) and name what is to have another errno. Or give the Linux that it was written for ("enosysNewerThan", --enosys-newer-than). runc answers so by itself (--runtime runc)`,
  addArchitecture: (name, isMapped) =>
    `add "${parseArchitecture(name).ociName}" to ${isMapped ? 'its "subArchitectures"' : '"architectures"'}`,
  splitByteOrders: 'make a profile for each byte order',
  tieToCapability: (name) => `take ${name} out unless the program needs it`,
  takeOut: (name) => `take ${name} out unless the program needs it`,
  onlyWide: undefined,
  narrow: () => undefined,
  masked: ({ mask, datum }) =>
    `compare with SCMP_CMP_MASKED_EQ, value ${number(mask)} (the mask), valueTwo ${number(datum)}`,
  maskedForm: (mask) => `SCMP_CMP_MASKED_EQ and the mask ${number(mask)}`,
  maskOfZero: 'put the mask into "value" and what is compared with into "valueTwo"',
  listener: '"listenerPath"',
  note: 'take it out, or call it "_comment" if it is a note',
};

/** Docker's and Podman's own, and the bare section, which may be for them. */
const engineAdvice: AdviceWording = {
  ...sectionAdvice,
  answerOddEnosys: (_name, architecture) =>
    `answer errno ${enosysOn(architecture)} here, in an entry conditional on the architecture ("includes": {"arches": […]}), or use Podman's "errno": "ENOSYS"`,
  splitByteOrders: 'make a profile for each byte order, or use "archMap", which picks the architectures by the machine',
  tieToCapability: (name, capability) =>
    `tie it to ${capability} ("includes": {"caps": ["${capability}"]}, which Docker and Podman read), or take ${name} out`,
  onlyWide: 'make the entry conditional on the 64-bit architecture ("includes": {"arches": […]})',
};

/** The words for OCI's own files. */
export const OCI_ADVICE = { oci: engineAdvice, 'oci-config': sectionAdvice, docker: engineAdvice } as const;
