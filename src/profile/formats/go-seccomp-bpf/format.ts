import type { JsonPath } from '../../document/json-path.js';
import { isJsonObject, type JsonObject } from '../../document/json-value.js';
import type { KeysFormat } from '../format.js';

const MEMBERS = ['default_action', 'syscalls', 'enabled'] as const;
export type PolicyMember = (typeof MEMBERS)[number];

/** Where the members of a policy are in a document. */
export interface PolicyPlaces {
  /** Of the object that has them; undefined where a key has dots, as `seccomp.default_action`. */
  readonly root: JsonPath | undefined;
  readonly members: ReadonlyMap<PolicyMember, JsonPath>;
}

/**
 * Where the policy is in a document: alone, in a filter of the library (`policy`), or in a Beat's configuration, whose reader takes
 * `seccomp.default_action` for a key of `seccomp`. Undefined where nothing shows one.
 */
export function policyPlaces(keys: JsonObject): PolicyPlaces | undefined {
  const alone = membersOf(keys, (member) => [member]);
  if (alone.has('default_action') && alone.has('syscalls')) return { root: [], members: alone };
  const dotted = membersOf(keys, (member) => [`seccomp.${member}`]);
  if (dotted.size > 0) return { root: undefined, members: new Map([...under(keys, 'seccomp'), ...dotted]) };
  for (const key of ['seccomp', 'policy']) {
    const members = under(keys, key);
    // A section that says only whether it is enabled is a Beat's too.
    if (members.has('default_action') || (key === 'seccomp' && members.has('enabled'))) return { root: [key], members };
  }
  return undefined;
}

function under(keys: JsonObject, key: string): Map<PolicyMember, JsonPath> {
  const value = keys[key];
  return isJsonObject(value) ? membersOf(value, (member) => [key, member]) : new Map();
}

function membersOf(keys: JsonObject, place: (member: PolicyMember) => JsonPath): Map<PolicyMember, JsonPath> {
  const found = MEMBERS.map((member) => [member, place(member)] as const);
  return new Map(found.filter(([, path]) => path.at(-1)! in keys));
}

/** Policies of Elastic's library go-seccomp-bpf, which Beats read. */
export const goSeccompBpf = {
  id: 'go-seccomp-bpf',
  title: 'go-seccomp-bpf',
  phrase: 'a policy of go-seccomp-bpf',
  syntax: 'keys',
  sign(keys) {
    const [first] = policyPlaces(keys)?.members.values() ?? [];
    if (!first) return undefined;
    const key = String(first[0]);
    return { key, claim: 'a policy of go-seccomp-bpf ("default_action")', owns: ['syscalls'] };
  },
  traits: { entrySyntax: 'go-seccomp-bpf', lacksDefaultErrno: true, isForOneArchitecture: true },
  output: { extension: 'yml', about: 'Elastic Beats', note: 'the seccomp section of a Beat' },
} as const satisfies KeysFormat;
