import { formatExactJson } from '../profile/document/exact-json.js';
import type { EntrySyntax } from '../profile/formats/format.js';
import { namedConditions } from '../profile/formats/go-seccomp-bpf/named-conditions.js';
import { kafelName } from '../profile/formats/kafel/names.js';
import { filterText } from '../profile/formats/kafel/written-filter.js';
import { lxcLine } from '../profile/formats/lxc/write.js';
import { wordOfCall } from '../profile/formats/minijail/names.js';
import { conditionText } from '../profile/formats/minijail/written-lines.js';
import { seccompString } from '../profile/formats/nsjail/seccomp-string.js';
import { readProfile } from '../profile/formats/read-profile.js';
import { snapdLine } from '../profile/formats/snapd/write.js';
import { writeProfile } from '../profile/formats/write-profile.js';
import type { LearnedEntry } from './learned-rules.js';

type BareEntry = Omit<LearnedEntry, 'comment'>;

/** An entry as it is added to a profile, in a syntax. */
export function entryLine(entry: LearnedEntry, format: EntrySyntax): string {
  const { comment: _comment, ...bare } = entry;
  if (format === 'json')
    return formatExactJson(bare)
      .replace(/\s*\n\s*/g, ' ')
      .trim();
  if (format === 'unit') {
    const { names, action } = entry;
    return `SystemCallFilter=${action === 'SCMP_ACT_ALLOW' ? names.join(' ') : `~${names.map((name) => `${name}:ENOSYS`).join(' ')}`}`;
  }
  if (format === 'firejail') {
    const { names, action } = entry;
    return names.map((name) => (action === 'SCMP_ACT_ALLOW' ? name : `${name}:ENOSYS`)).join(',');
  }
  if (format === 'seccompiler') return seccompilerRule(entry);
  if (format === 'snapd') return snapdLine(bare);
  if (format === 'lxc') return lxcLine(bare);
  if (format === 'minijail') return minijailLine(bare);
  if (format === 'kafel') return kafelBlock(bare);
  if (format === 'nsjail') return seccompString(kafelBlock(bare));
  if (format === 'go-seccomp-bpf') return goSeccompBpfNames(bare);
  const profile = readProfile({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [bare] }, { format: 'docker' });
  return writeProfile(profile, 'list').trimEnd().split('\n').at(-1)!;
}

/** A policy has a line for each call; a second one counts where the first does not hold. */
function minijailLine({ names, action, errnoRet, args }: BareEntry): string {
  const rule = action === 'SCMP_ACT_ALLOW' ? (args ? conditionText([{ args }]) : '1') : `return ${errnoRet ?? 1n}`;
  return names.map((name) => `${wordOfCall(name)}: ${rule}`).join('\n');
}

function kafelBlock({ names, action, errnoRet, args }: BareEntry): string {
  const word = action === 'SCMP_ACT_ALLOW' ? 'ALLOW' : `ERRNO(${errnoRet ?? 1n})`;
  return `${word} { ${names.map((name) => filterText(kafelName(name), [args ?? []])).join(', ')} }`;
}

/** Keys of the group that allows. */
function goSeccompBpfNames({ names, action, args }: BareEntry): string {
  if (action !== 'SCMP_ACT_ALLOW') return `{ action: errno, names: [${names.join(', ')}] }`;
  if (!args) return `names: [${names.join(', ')}]`;
  const conditions = args
    .flatMap(namedConditions)
    .map(({ argument, operation, value }) => `{ argument: ${argument}, operation: ${operation}, value: ${value} }`);
  return `names_with_args: [${names.map((name) => `{ name: ${name}, arguments: [${conditions.join(', ')}] }`).join(', ')}]`;
}

/** A rule of rust-vmm's seccompiler; the name of a call stands in each. */
function seccompilerRule({ names, args }: LearnedEntry): string {
  const compared = args?.map(({ index, value, valueTwo, op }) => {
    const isDword = op === 'SCMP_CMP_MASKED_EQ' && value === 0xffffffffn;
    const operator = op === 'SCMP_CMP_EQ' || isDword ? '"eq"' : `{ "masked_eq": ${value} }`;
    const datum = op === 'SCMP_CMP_EQ' ? value : valueTwo;
    return `{ "index": ${index}, "type": "${isDword ? 'dword' : 'qword'}", "op": ${operator}, "val": ${datum} }`;
  });
  const rest = compared ? `, "args": [ ${compared.join(', ')} ]` : '';
  return names.map((name) => `{ "syscall": ${JSON.stringify(name)}${rest} }`).join(', ');
}
