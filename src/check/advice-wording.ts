import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import { errnoNumber } from '../errno.js';
import type { ProfileFormat } from '../profile/formats/index.js';
import { systemdArchitecture } from '../profile/formats/systemd/read.js';
import type { SyscallParameter } from '../syscalls/signature.js';
import { list, number } from './rules/phrases.js';

/** The words of advice, in the format of the file: what it says to write can be written there. */
export interface AdviceWording {
  /** The word for an action. */
  action(kind: 'ALLOW' | 'LOG' | 'ERRNO' | 'TRACE' | 'NOTIFY'): string;
  /** To answer calls with ENOSYS, by an entry of their own, where an entry or the default refuses them otherwise. */
  answerEnosys(names: readonly string[], architecture: ArchitectureName, refusedBy: 'entry' | 'default'): string;
  /** The same where ENOSYS has an unusual number. */
  answerOddEnosys(name: string, architecture: ArchitectureName): string;
  /** To make ENOSYS the answer to calls that are not named. */
  defaultEnosys(architecture: ArchitectureName): string;
  /** To put an architecture into the filter. */
  addArchitecture(name: ArchitectureName, isMapped: boolean): string;
  /** To have architectures of both byte orders. */
  splitByteOrders: string;
  /** To give a call to containers with a capability only. */
  tieToCapability(name: string, capability: string): string;
  /** Not to allow a call. */
  takeOut(name: string): string;
  /** To make an entry count on 64-bit architectures only; undefined where it cannot be said. */
  onlyWide: string | undefined;
  /** To compare as many bits of an argument as the kernel reads, with the same operator; undefined where there is no such form. */
  narrow(parameter: SyscallParameter): string | undefined;
  /** To compare the bits of an argument that the kernel reads with a value. */
  masked(argument: MaskedArgument): string;
  /** How a comparison under a mask is called. */
  maskedForm(mask: bigint): string;
  /** What to do about a mask of 0. */
  maskOfZero: string;
  /** The key that names an agent's socket. */
  listener: string;
  /** What to call something that is a note only. */
  note: string;
}

export interface MaskedArgument {
  index: number;
  parameter: SyscallParameter;
  mask: bigint;
  datum: bigint;
}

const enosys = (architecture: ArchitectureName) => errnoNumber('ENOSYS', architecture) as number;

/** JSON and YAML in the shape of the OCI runtime spec. */
const section: AdviceWording = {
  action: (kind) => `SCMP_ACT_${kind}`,
  answerEnosys: (names, architecture) =>
    `answer ${list(names, 12)} with SCMP_ACT_ERRNO and errnoRet ${enosys(architecture)} (ENOSYS)`,
  answerOddEnosys: (_name, architecture) =>
    `make a profile for these machines with errnoRet ${enosys(architecture)} (ENOSYS)`,
  defaultEnosys: (architecture) =>
    `make ENOSYS the default ("defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": ${enosys(architecture)}) and name what is to have another errno. Or give the Linux that it was written for ("enosysNewerThan", --enosys-newer-than). runc answers so by itself (--runtime runc)`,
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
const docker: AdviceWording = {
  ...section,
  answerOddEnosys: (_name, architecture) =>
    `answer errno ${enosys(architecture)} here, in an entry conditional on the architecture ("includes": {"arches": […]}), or use Podman's "errno": "ENOSYS"`,
  splitByteOrders: 'make a profile for each byte order, or use "archMap", which picks the architectures by the machine',
  tieToCapability: (name, capability) =>
    `tie it to ${capability} ("includes": {"caps": ["${capability}"]}, which Docker and Podman read), or take ${name} out`,
  onlyWide: 'make the entry conditional on the 64-bit architecture ("includes": {"arches": […]})',
};

const spo: AdviceWording = {
  ...section,
  defaultEnosys: () =>
    'a SeccompProfile gives the default no errno: runc, which answers ENOSYS by itself, is checked with --runtime runc',
  note: 'take it out: the API server drops it',
};

const seccompiler: AdviceWording = {
  ...section,
  action: (kind) => `"${kind.toLowerCase()}"`,
  answerEnosys: (names, architecture, refusedBy) =>
    `${list(names, 12)}: ENOSYS is {"errno": ${enosys(architecture)}} in "${refusedBy === 'default' ? 'mismatch_action' : 'match_action'}", for all calls that get it`,
  answerOddEnosys: (name, architecture) =>
    `make a filter for these machines in which ${name} gets {"errno": ${enosys(architecture)}}`,
  defaultEnosys: (architecture) => `write "mismatch_action": {"errno": ${enosys(architecture)}}`,
  splitByteOrders: 'make a filter for each byte order',
  narrow: ({ bits }) => (bits === 32 ? 'write "type": "dword", which compares the low 32 bits' : undefined),
  masked: ({ mask, datum }) =>
    mask === 0xffffffffn
      ? `write "type": "dword", which compares the low 32 bits, and "val": ${datum}`
      : `write "op": {"masked_eq": ${mask}} and "val": ${datum}`,
  maskedForm: (mask) => (mask === 0xffffffffn ? '"type": "dword"' : `"op": {"masked_eq": ${mask}}`),
  maskOfZero: 'write the mask into "masked_eq" and what is compared with into "val"',
};

const systemd: AdviceWording = {
  ...section,
  action: (kind) => (kind === 'LOG' ? 'SystemCallLog=' : kind),
  answerEnosys: (names) => `write SystemCallFilter=~${names.map((name) => `${name}:ENOSYS`).join(' ')}`,
  answerOddEnosys: (name) => `write SystemCallFilter=~${name}:ENOSYS`,
  defaultEnosys: () => 'write SystemCallErrorNumber=ENOSYS',
  addArchitecture: (name) => `write SystemCallArchitectures=native ${systemdArchitecture(name)}`,
  splitByteOrders: 'make a unit for each byte order',
  tieToCapability: (name) => `write SystemCallFilter=~${name} unless the service needs it`,
  takeOut: (name) => `write SystemCallFilter=~${name} unless the service needs it`,
};

const plainList: AdviceWording = {
  ...section,
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

const TERMS: Readonly<Record<ProfileFormat, AdviceWording>> = {
  oci: docker,
  docker,
  'oci-config': section,
  spo,
  seccompiler,
  systemd,
  list: plainList,
};

/** The words for advice in a format. */
export function adviceWordingOf(format: ProfileFormat): AdviceWording {
  return TERMS[format];
}
