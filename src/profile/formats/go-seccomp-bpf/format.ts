import type { JsonPath } from '../../document/json-path.js';
import { isJsonObject, type JsonObject } from '../../document/json-value.js';
import type { KeysFormat } from '../format.js';

/** Where the policy is in a document: alone, in a Beat's configuration, or in a filter of the library. */
export function policyPath(keys: JsonObject): JsonPath | undefined {
  const isPolicy = (value: unknown) =>
    isJsonObject(value as never) && 'default_action' in (value as object) && 'syscalls' in (value as object);
  if (isPolicy(keys)) return [];
  const key = ['seccomp', 'policy'].find((each) => isPolicy(keys[each]));
  return key === undefined ? undefined : [key];
}

/** Policies of Elastic's library go-seccomp-bpf, which Beats read. */
export const goSeccompBpf = {
  id: 'go-seccomp-bpf',
  title: 'go-seccomp-bpf',
  phrase: 'a policy of go-seccomp-bpf',
  syntax: 'keys',
  sign(keys) {
    const path = policyPath(keys);
    if (!path) return undefined;
    const key = String(path[0] ?? 'default_action');
    return { key, claim: 'a policy of go-seccomp-bpf ("default_action")', owns: ['syscalls'] };
  },
  traits: { entrySyntax: 'go-seccomp-bpf', lacksDefaultErrno: true, isForOneArchitecture: true },
  output: { extension: 'yml', about: 'Elastic Beats', note: 'the seccomp section of a Beat' },
} as const satisfies KeysFormat;
