import { AskedProfile } from '../../learn/asked-profile.js';
import { DenialTable, formatOutcome } from '../../learn/denial-table.js';
import { detectLogKind, logReader } from '../../learn/log-kind.js';
import { withNumbers } from '../../learn/numbered-call.js';
import { syscallLookup } from '../../learn/syscall-lookup.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import type { Settings } from '../settings/settings.js';
import { compileOptionsOf } from './compile-options.js';
import type { LogAnswer, ProfileText } from './protocol.js';

/** Which calls of a log were denied, or would be by the profile, why, and what to add: `scmp why`. */
export async function whyDenied(
  log: ProfileText,
  parsed: ParsedProfile | undefined,
  settings: Settings,
  libseccomp: Libseccomp,
): Promise<LogAnswer> {
  const { arch: host } = settings;
  const asked =
    parsed &&
    new AskedProfile(
      parsed,
      { ...(await compileOptionsOf(settings, libseccomp)), libseccomp },
      { machine: undefined, host },
    );
  const table = new DenialTable(asked ? [asked.judge] : []);
  const bytes = new TextEncoder().encode(log.text);
  const { source } = log;
  const reader = logReader(detectLogKind(bytes), withNumbers(syscallLookup(libseccomp)), {
    architecture: host,
    onCall: (call, place) => table.add(call, place, source),
    onCalls: (call, tally) => table.addAll(call, tally, source),
    onSignal: (call, place) => table.addSignal(call, place, source),
  });
  reader.push(bytes);
  const { used, problems } = reader.end();
  table.settle();
  const rows = table.rows().map((denial) => {
    const answer = asked?.answer(denial, 0);
    const { outcome } = denial;
    return {
      program: denial.program,
      processes: denial.pids,
      call: denial.text ?? denial.name,
      name: denial.name,
      architecture: denial.architecture,
      answer: formatOutcome(outcome),
      count: denial.count,
      line: denial.first.line,
      why: answer?.why,
      advice: answer?.advice ?? [],
      addition: answer?.addition,
      isDenied:
        answer?.isDenied ||
        outcome?.kind === 'kill' ||
        outcome?.kind === 'signal' ||
        (outcome?.kind === 'filter' && outcome.action !== 'LOG' && outcome.action !== 'ALLOW'),
    };
  });
  return {
    kind: 'answered',
    rows,
    calls: table.calls,
    left: table.left,
    problems: problems.map(({ line, reason, count }) => ({ line, reason, count })),
    used,
  };
}
