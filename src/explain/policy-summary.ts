import { isDecidedElsewhere, permits } from '../action.js';
import { askedCalls, type DescribedArchitecture, type DescribedCall, describeArchitecture } from './described-call.js';
import { decisionWords, formatDecisions, TOO_COMPLEX } from './format-decisions.js';
import type { NamedArchitecture, NamedPolicy } from './named-policy.js';
import { type Paint, PLAIN } from './paint.js';
import { formatTable, type TableRow } from './table.js';

const BY_ARGUMENTS = 'depending on arguments';
const BY_CAPABILITIES = 'depending on capabilities';

/** What a call counts as, in the summary's words. */
function kindOf({ decisions, usual }: DescribedCall): string {
  if (usual) return BY_CAPABILITIES;
  const [only, ...others] = decisions;
  if (!only) return TOO_COMPLEX;
  if (others.length > 0) return BY_ARGUMENTS;
  if (permits(only.action)) return 'allowed';
  return isDecidedElsewhere(only.action) ? 'decided by another process' : 'denied';
}

/** A policy in one line: `x86_64: 311 calls allowed, 72 denied; any other number: ERRNO(ENOSYS)`. */
export function summarizePolicy(
  described: DescribedArchitecture,
  { otherArchitectures }: Pick<NamedPolicy, 'otherArchitectures'>,
  paint: Paint = PLAIN,
): string {
  const { architecture, rest } = described;
  const counts = countBy(askedCalls(described), kindOf);
  const order = ['allowed', 'denied', 'decided by another process', BY_ARGUMENTS, BY_CAPABILITIES, TOO_COMPLEX];
  const counted = order
    .flatMap((kind) => (counts.has(kind) ? [{ kind, count: counts.get(kind) as number }] : []))
    .map(({ kind, count }, index) => `${count}${index > 0 ? '' : count === 1 ? ' call' : ' calls'} ${kind}`);
  const [others, ...more] = otherArchitectures;
  const defaults = [
    ...(rest ? [`any other number: ${decisionWords(rest, architecture, paint)}`] : []),
    ...(others && more.length === 0
      ? [`any other architecture: ${decisionWords(others.decisions, undefined, paint)}`]
      : []),
  ];
  return `${paint('heading', architecture)}: ${[counted.join(', '), defaults.join(', ')].filter(Boolean).join('; ')}`;
}

/** How many calls each decision has, in a table with a column for each architecture. */
export function policyStatistics(
  architectures: readonly NamedArchitecture[],
  withUsual: NamedPolicy | undefined,
): TableRow[] {
  const columns = architectures.map((each) => {
    const { architecture, calls } = describeArchitecture(each, each, withUsual);
    const label = (call: DescribedCall) => {
      const kind = kindOf(call);
      return kind === BY_ARGUMENTS || kind === BY_CAPABILITIES ? kind : formatDecisions(call.decisions, architecture);
    };
    return countBy(calls, label);
  });
  const sum = (label: string) => columns.reduce((total, counts) => total + (counts.get(label) ?? 0), 0);
  const labels = [...new Set(columns.flatMap((counts) => [...counts.keys()]))];
  const isSentence = (label: string) => label.startsWith('depending') || label === TOO_COMPLEX;
  labels.sort((a, b) => Number(isSentence(a)) - Number(isSentence(b)) || sum(b) - sum(a));
  return labels.map((label) => ({ label, counts: columns.map((counts) => counts.get(label) ?? 0) }));
}

/** {@link policyStatistics} as text. */
export function formatPolicyStatistics(
  architectures: readonly NamedArchitecture[],
  withUsual: NamedPolicy | undefined,
  paint: Paint = PLAIN,
): string {
  const heads = architectures.map(({ architecture }) => architecture);
  return formatTable(heads, policyStatistics(architectures, withUsual), paint);
}

function countBy<Item>(items: readonly Item[], labelOf: (item: Item) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(labelOf(item), (counts.get(labelOf(item)) ?? 0) + 1);
  return counts;
}
