import { type ActionKind, STRICTEST_FIRST } from '../action.js';
import { findArchitecture } from '../architecture.js';
import { detached, LogLines } from './log-lines.js';
import { type LoggedCall, LogReader, LogReport, type OnCall, type SyscallLookup } from './read-log.js';
import { registersOf } from './strace-arguments.js';

/** `scmp: denied: mkdir("/srv", 0o755), x86_64, by app[4242]: ERRNO(EPERM): …`, as `scmp run --trace` reports a call. */
const DENIED = /^scmp: denied: ([a-z_]\w*)\((.*)\), (\w+), by (.*)\[(\d+)\]: ([A-Z_]+)\b/;
/** `scmp: denied 3 times more: mkdir (x86_64)` */
const AGAIN = /^scmp: denied (\d{1,15}) times? more: ([a-z_]\w*) \((\w+)\)$/;

/** Reads what `scmp run --trace` reported; the command's own words around it are ignored. */
export function traceReader(table: SyscallLookup, onCall: OnCall): LogReader {
  const report = new LogReport();
  const last = new Map<string, LoggedCall>();
  const lines = new LogLines((all, begin, end, line) => {
    const text = all.slice(begin, end);
    const [, name, args, arch, program, pid, action] = DENIED.exec(text) ?? [];
    if (name !== undefined && arch !== undefined) {
      const architecture = findArchitecture(arch)?.name;
      if (architecture === undefined || !table.has(name, architecture)) {
        report.problem(line, text, 'an unknown system call or architecture');
        return;
      }
      const kind = STRICTEST_FIRST.find((each) => each === action) as ActionKind | undefined;
      const call: LoggedCall = {
        architecture,
        name: detached(name),
        args: registersOf(name, `${args})`, architecture),
        outcome: kind && { kind: 'filter', action: kind },
        program: detached(program!),
        text: detached(`${name}(${args})`),
      };
      report.use();
      last.set(`${name} ${arch}`, call);
      onCall(call, { line, pid });
      return;
    }
    const [, times, again, on] = AGAIN.exec(text) ?? [];
    const call = times === undefined ? undefined : last.get(`${again} ${on}`);
    if (call) onCall(call, { line, times: Number(times) });
  });
  return new LogReader(report, lines);
}
