import { Document } from 'yaml';
import { kindOfName, permits } from '../../../action.js';
import { quote } from '../../../text.js';
import type { OciSeccomp } from '../../model/schema.js';
import type { Draft } from '../handler.js';
import { cannotExtend, unresolvedSection } from '../plain-section.js';
import { goSeccompBpf } from './format.js';
import { type NamedCondition, namedConditions } from './named-conditions.js';
import { actionWord } from './read.js';

interface NamedConditions {
  name: string;
  arguments: NamedCondition[];
}

/** A profile as a Beat's `seccomp` section: one group, since go-seccomp-bpf 1.4 reaches no other. */
export function writeGoSeccompBpf({ profile, resolved, cannot }: Draft): string {
  if (profile.seccomp.extends && !resolved) cannotExtend(cannot);
  const section: OciSeccomp = resolved ?? unresolvedSection(profile, cannot);
  const { defaultAction, defaultErrnoRet, architectures } = section;
  const defaultWord = actionWord({ action: defaultAction, errnoRet: defaultErrnoRet });
  if (!defaultWord) cannot(`the default ${defaultAction}`, 'its errno is EPERM', 'defaultAction');
  if ((architectures?.length ?? 0) > 1)
    cannot('several architectures', 'it is for the one it runs on', 'architectures');
  for (const key of ['flags', 'listenerPath', 'listenerMetadata'] as const) {
    if (section[key]?.length) cannot(quote(key), undefined, key);
  }
  if (permits({ kind: kindOfName(defaultAction) } as never) && profile.format !== goSeccompBpf.id) {
    const hint = 'deny by default, and list what is allowed';
    cannot(
      'that calls of other ABIs are killed: it answers them with the default, which lets them run',
      hint,
      'defaultAction',
    );
  }
  const names: string[] = [];
  const conditional: NamedConditions[] = [];
  let word: string | undefined;
  (section.syscalls ?? []).forEach((entry, index) => {
    const own = actionWord(entry);
    if (own !== undefined && own === defaultWord) return;
    if (own === undefined) cannot(`the action ${entry.action}`, 'its errno is EPERM', 'syscalls', index, 'action');
    word ??= own;
    if (own !== word) {
      cannot(
        'a second action',
        'go-seccomp-bpf 1.4 never reaches a group after the first',
        'syscalls',
        index,
        'action',
      );
    }
    const args = entry.args ?? [];
    const isRepeated = new Set(args.map((argument) => argument.index)).size < args.length;
    for (const name of entry.names) {
      if (args.length === 0) {
        if (!names.includes(name)) names.push(name);
        continue;
      }
      for (const alternative of isRepeated ? args.map((argument) => [argument]) : [args]) {
        conditional.push({ name, arguments: alternative.flatMap(namedConditions) });
      }
    }
  });
  // What is matched whatever its arguments needs no conditions, and may have none.
  const withArgs = conditional.filter(({ name }) => !names.includes(name));
  if (names.length + withArgs.length === 0) cannot('a profile without entries', undefined, 'syscalls');
  const group = {
    action: word ?? 'allow',
    ...(names.length > 0 ? { names } : {}),
    ...(withArgs.length > 0 ? { names_with_args: withArgs } : {}),
  };
  const policy = { seccomp: { default_action: defaultWord ?? defaultAction, syscalls: [group] } };
  return new Document(policy, { aliasDuplicateObjects: false }).toString({ lineWidth: 100 });
}
