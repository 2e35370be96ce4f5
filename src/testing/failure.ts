import { formatAction, isDecidedElsewhere, isSameAction, permits } from '../action.js';
import type { ArchitectureName } from '../architecture.js';
import type { CompiledProfile } from '../compiler/compile-parsed-profile.js';
import type { FilterAnswers } from '../explain/call-decision.js';
import { decidedBy, entriesAbout } from '../explain/entries-about.js';
import { formatPlace } from '../source-place.js';
import { describeValue } from '../syscalls/constants.js';
import type { SyscallParameter } from '../syscalls/signature.js';

type Answer = FilterAnswers['answers'][number];

/** `socket(domain=AF_INET, type=0, protocol=0)` */
export function formatExample(
  syscall: string,
  { example, way }: Answer,
  { parameters: own, architecture }: FilterAnswers,
): string {
  const parameters = way.through === undefined ? own : [];
  const last = example.args.reduce((found, value, index) => (value === 0n ? found : index + 1), 0);
  const shown = example.args.slice(0, Math.max(parameters.length, last)).map((value, index) => {
    const parameter = parameters[index];
    const text = formatArgument(value, architecture.name, parameter?.constants);
    return parameter ? `${parameter.name}=${text}` : text;
  });
  return way.through === undefined
    ? `${syscall}(${shown.join(', ')})`
    : `${syscall} through ${way.through}(${shown.join(', ')})`;
}

function formatArgument(
  value: bigint,
  architecture: ArchitectureName,
  family: SyscallParameter['constants'] | undefined,
): string {
  if (family !== undefined && value <= 0xffff_ffffn) return describeValue(family, value, architecture);
  return value > 9n ? `0x${value.toString(16)}` : `${value}`;
}

/** Why a call gets its answer, a sentence each: what a filter cannot see, who else decides, and which entry it was. */
export function reasonsOf(
  syscall: string,
  answer: Answer,
  { answers, parameters, architecture }: FilterAnswers,
  entries: CompiledProfile | undefined,
): string[] {
  const { action, unreadBits = [], way } = answer;
  const reasons = unreadBits.map((name) => {
    const bits = parameters.find((parameter) => parameter.name === name)?.bits ?? 32;
    const mask = (1n << BigInt(bits)) - 1n;
    return `the kernel reads only the low ${bits} bits of ${name}, and the filter compares more: compare with SCMP_CMP_MASKED_EQ and the mask 0x${mask.toString(16)}`;
  });
  if (way.through !== undefined) {
    reasons.push(`${architecture.name} makes the call through ${way.through} too, where no filter sees its arguments`);
  }
  if (isDecidedElsewhere(action)) {
    const who = action.kind === 'TRACE' ? 'a tracer' : 'a supervisor';
    reasons.push(`${action.kind}: ${who} decides whether the call is executed`);
  }
  if (entries) reasons.push(...entriesBehind(syscall, answer, answers, entries));
  return reasons;
}

function entriesBehind(
  syscall: string,
  { action, way }: Answer,
  answers: readonly Answer[],
  entries: CompiledProfile,
): string[] {
  const { architecture, number, through } = way;
  const decisions = answers.filter((each) => each.way.number === number);
  const about = entriesAbout(entries, { architecture, number, name: through ? syscall : way.name, through, decisions });
  const place = ({ path, position, source }: (typeof about)[number]) =>
    position === undefined && source === undefined ? path : `${path} (${formatPlace(source ?? 'profile', position)})`;
  const deciding = about.filter(
    (entry) =>
      entry.dropped === undefined &&
      entry.hasEffect !== false &&
      entry.action !== undefined &&
      isSameAction(entry.action, action),
  );
  const dropped = permits(action) ? [] : about.filter((entry) => entry.dropped !== undefined);
  const words =
    deciding.length > 0
      ? `${deciding.map(place).join(', ')} ${deciding.length === 1 ? 'has' : 'have'} this action`
      : (decidedBy(entries, { architecture, number, decisions: [{ action }] }) ??
        'no entry of the profile has this action');
  return [
    words,
    ...dropped.map((entry) => {
      const needed = entry.lackingCapabilities?.map((name) => `'${name}'`).join(', ');
      const otherwise = needed ? `; with the option capabilities: [${needed}] it does` : '';
      const would = entry.action ? formatAction(entry.action, architecture.name) : 'an errno that is not there';
      return `${place(entry)} (${would}) does not apply: ${entry.dropped}${otherwise}`;
    }),
  ];
}
