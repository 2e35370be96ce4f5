import type { RuntimeName } from '../../src/compiler/runtime.js';
import recorded from './answers.json' with { type: 'json' };
import { SHAPES, type Shape } from './shapes.js';

// What runtimes and engines do with the shapes: those that are run, in answers.json, which shapes.test.ts writes and compares;
// those that are read, here.

export type Column = 'runc-1.1' | 'runc' | 'crun' | 'youki' | 'docker' | 'containerd' | 'podman' | 'cri-o' | 'operator';

/** The columns of `--runtime`. */
export const RUNTIMES = ['runc-1.1', 'runc', 'crun', 'youki'] as const satisfies readonly (Column & RuntimeName)[];

interface ColumnFacts {
  readonly title: string;
  readonly how: 'run' | 'read';
  /** The column from which it differs where it is said. */
  readonly like?: Column;
  /** The runtime behind an engine. */
  readonly behind?: (typeof RUNTIMES)[number];
}

export const COLUMNS: Readonly<Record<Column, ColumnFacts>> = {
  'runc-1.1': { title: 'runc 1.1.5', how: 'run' },
  runc: { title: 'runc 1.5', how: 'read', like: 'runc-1.1' },
  crun: { title: 'crun 1.8.1', how: 'run' },
  youki: { title: 'youki 0.7.0', how: 'read', like: 'runc-1.1' },
  docker: { title: 'Docker Engine 20.10.24, runc', how: 'run', behind: 'runc-1.1' },
  containerd: { title: 'containerd 1.6.20, runc', how: 'run', behind: 'runc-1.1' },
  podman: { title: 'Podman 4.3.1, crun', how: 'run', behind: 'crun' },
  'cri-o': { title: 'CRI-O, crun', how: 'read', like: 'podman', behind: 'crun' },
  operator: { title: 'the operator, runc 1.1', how: 'read', like: 'runc-1.1', behind: 'runc-1.1' },
};

/** A shape's place: its group and what is special. */
const keyOf = (group: string, shape: Shape): string => `${group}: ${shape.what}`;
export const ALL_SHAPES = Object.entries(SHAPES).flatMap(([group, shapes]) =>
  shapes.map((shape) => ({ key: keyOf(group, shape), group, shape })),
);

const REFUSED = 'refused';

/** Where what is read differs from the column that it is like; docs/field/runtimes.md says what was read, at which commit. */
const READ: Readonly<Partial<Record<Column, Readonly<Record<string, string>>>>> = {
  // libcontainer/specconv/spec_linux.go (SetupSeccomp), libcontainer/seccomp/config.go and seccomp_linux.go (setFlag), and
  // patchbpf/enosys_linux.go (filterFlags), which knows no TSYNC. With libseccomp 2.5.4 it refuses WAIT_KILLABLE_RECV.
  runc: {
    'Flags: absent': 'EPERM; flags SPEC_ALLOW',
    'Flags: LOG': 'EPERM; flags LOG',
    'Flags: TSYNC': 'EPERM; flags none',
  },
  // crates/libcontainer/src/seccomp/mod.rs; oci-spec-rs, src/runtime/linux.rs, whose structures decode it: a number is
  // unsigned, and an index and a value have to be there. libseccomp-rs cuts an errno to 16 bits (action.rs), and takes an
  // architecture that is there already (filter_context.rs, add_arch); libseccomp refuses errno 4096 and argument 6.
  youki: {
    'Names: an empty name': 'EPERM',
    'The default action: no `defaultAction`': REFUSED,
    'Conditions: MASKED_EQ, value 0xf0, valueTwo 0x10': 'EINVAL, EINVAL',
    'Conditions: MASKED_EQ without `valueTwo`': 'EINVAL, EINVAL',
    'Conditions: no index': REFUSED,
    'Conditions: no value': REFUSED,
    'Flags: LOG': 'EPERM; flags LOG',
    'Flags: TSYNC': 'EPERM; flags TSYNC',
    'Architectures: SCMP_ARCH_NATIVE': 'EPERM',
    'The whole: a key in another case': 'ALLOW',
  },
  // internal/config/seccomp/seccomp.go gives the file to containers/common, pkg/seccomp, as Podman does, and what that
  // makes of it to the runtime. So nothing differs.
  'cri-o': {},
  // api/seccompprofile/v1/seccompprofile_types.go: what the API server checks, and which keys it keeps.
  operator: {
    'Names: no names': REFUSED,
    'Actions: `errnoRet` 0': 'EPERM',
    'Actions: `errnoRet` 65537, past 16 bits': REFUSED,
    'The default action: `defaultErrnoRet`': 'EPERM',
    "The default action: an entry with the default's action and another errno": 'EIO, EPERM, EPERM',
    'The default action: no `defaultAction`': REFUSED,
    'Conditions: no index': REFUSED,
    'Conditions: value 2^63 + 1': REFUSED,
    'NOTIFY: with `listenerPath`': REFUSED,
    'NOTIFY: `listenerPath` without NOTIFY': REFUSED,
    'Architectures: one twice': REFUSED,
    'The whole: a key in another case': 'ALLOW',
  },
};

/** What a column does with a shape. */
export function answerOf(column: Column, key: string): string {
  const { how, like } = COLUMNS[column];
  const own = how === 'run' ? (recorded as Record<string, Record<string, string>>)[key]?.[column] : READ[column]?.[key];
  const answer = own ?? (how === 'read' && like ? answerOf(like, key) : undefined);
  if (answer === undefined) throw new Error(`${column} has no answer to "${key}"`);
  return answer;
}

/** Whether an engine answers as the runtime behind it; the flags that a daemon's child loads with are not seen. */
export function isAsBehind(column: Column, key: string): boolean {
  const { like, behind = like } = COLUMNS[column];
  if (behind === undefined) return false;
  const [own, others] = [answerOf(column, key), answerOf(behind, key)];
  return own === others || (own === others.replace(/; flags .*/, '') && !own.includes('; flags'));
}

/** Where `scmp` refuses for every runtime what some take: it has no meaning that an author can have had. */
export const STRICTER: Readonly<Record<string, string>> = {
  'Names: an empty name': 'a name that is none: runc refuses it, others ignore it',
  'Names: no names': 'an entry without effect',
  'Actions: `errnoRet` 65537, past 16 bits': 'runtimes cut it to 1',
  'The default action: no `defaultAction`': 'without entries runtimes start the container without a filter',
  'Conditions: no index': 'runtimes take it for 0',
  'Conditions: no value': 'runtimes take it for 0',
  'Conditions: value "8", a text': 'crun takes it for 0',
  'Conditions: value "0", a text': 'crun takes it, as any text, for 0',
  'Conditions: value -1': 'crun takes it for 2^64 - 1',
  'The whole: a key in another case': 'Go takes it for the key, others ignore it',
};

/** What `scmp` reads of a SeccompProfile, and v1 of the operator refuses. */
export const READ_ALL_THE_SAME: Readonly<Record<string, string>> = {
  'NOTIFY: with `listenerPath`':
    'v1 takes a path below `/var/run/security-profiles-operator`; `scmp convert --to spo` writes no other',
  'Architectures: one twice': 'v1 takes a list without repetitions, and earlier versions any',
};

/** Where the runtime's answer is not the profile's alone, and what of `scmp` says so. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  'Flags: WAIT_KILLABLE_RECV without NOTIFY': 'the kernel refuses the flag; the finding `wait-killable-without-notify`',
  'Flags: TSYNC':
    'runc takes it and does not set it, as `check --target` says: its other threads end at execve(2). A loader may set it',
  'NOTIFY: with a `listenerPath` where nothing listens': 'of the machine, not of the profile',
  'NOTIFY: `listenerPath` without NOTIFY': 'crun connects all the same; the finding `listener-path-unused`',
};
