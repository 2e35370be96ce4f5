import { isJsonObject } from '../../document/json-value.js';
import type { KeysFormat } from '../format.js';

/** Keys of a filter (rust-vmm/seccompiler, src/frontend/json.rs), with their older names. */
const FILTER_KEYS = ['mismatch_action', 'match_action', 'default_action', 'filter_action'];

/** Filters of Firecracker's threads: a map of them, whose names may be any. */
export const seccompiler = {
  id: 'seccompiler',
  title: 'seccompiler',
  phrase: 'a seccompiler file',
  syntax: 'keys',
  sign(keys) {
    const found = Object.entries(keys).find(
      ([, filter]) => isJsonObject(filter) && FILTER_KEYS.some((key) => key in filter),
    );
    return found && { key: found[0] };
  },
  traits: { selectedBy: 'thread', isForOneArchitecture: true, entrySyntax: 'seccompiler' },
} as const satisfies KeysFormat;
