import { LIBSECCOMP_VERSION } from '../../release.js';
import { LINUX_VERSION, VERSION } from '../../version.js';
import type { CompileSuccess, Problem, ProfileText, SimulatedCall, TypedCall } from '../engine/protocol.js';
import type { Session } from '../session.js';
import { commandLine, shellCommand } from '../settings/command-line.js';
import { until } from '../store.js';

/** What an issue or a report says: all of one text, and of no older one. */
export interface Snapshot extends ProfileText {
  /** The equal command of `scmp`. */
  command: string;
  /** The counts that the command takes from a file. */
  weights: string | undefined;
  /** Undefined: it does not compile, and `errors` says why. */
  compiled: CompileSuccess | undefined;
  errors: readonly Problem[];
  /** Of `scmp check`; undefined: it was not done to its end. */
  findings: readonly Problem[] | undefined;
  simulated: { call: TypedCall; answer: SimulatedCall } | undefined;
  versions: readonly (readonly [name: string, version: string])[];
}

export const PAGE_VERSIONS = [
  ['libseccomp-wasm', VERSION],
  ['libseccomp', LIBSECCOMP_VERSION],
  ['system calls and constants of Linux', LINUX_VERSION],
] as const;

/** The page as it is once the text has compiled and was checked. */
export async function takeSnapshot(session: Session): Promise<Snapshot> {
  const state = await settled(session);
  if (state.failure !== undefined) throw new Error(`nothing can be computed: ${state.failure}`);
  if (state.compiling === 'cancelled') throw new Error('the text was not compiled: let it go on first');
  const { settings, errors, call, simulation } = state;
  const compiled = errors.length === 0 ? state.compiled : undefined;
  const { weights } = settings.words;
  const isOfThis = simulation?.kind === 'simulated' && simulation.revision === compiled?.revision;
  return {
    ...session.profile(),
    command: shellCommand(commandLine(state.source, settings)),
    weights: weights === 'uncached' ? undefined : weights,
    compiled,
    errors,
    findings: compiled && state.checking === 'done' ? state.findings : undefined,
    simulated: isOfThis ? { call, answer: simulation } : undefined,
    versions: [...PAGE_VERSIONS, ['browser', navigator.userAgent]],
  };
}

/** Wait until nothing is on its way about the text that is there. */
const settled = ({ store }: Session) =>
  until(
    store,
    ({ compiling, checking, errors, failure }) =>
      failure !== undefined ||
      compiling === 'cancelled' ||
      // What stopped a text is all there is to say of it: it is not checked.
      (compiling === 'done' && (checking !== 'now' || errors.length > 0)),
  );

/** `7:3 unknown-constant syscalls[1]: it is … (advice)`, on one line. */
export function problemLine({ severity, id, line, column, path, source, message, advice }: Problem): string {
  const place = [source, line !== undefined && `${line}:${column}`, path].filter(Boolean).join(' ');
  const said = advice ? `${message} (${advice})` : message;
  return `${severity} ${id}${place && ` at ${place}`}: ${said}`.replaceAll(/\s*\n\s*/g, ' ');
}

/** `openat(AT_FDCWD, ?, O_RDONLY, ?) on x86_64: ALLOW`. */
export function callLine({ call, answer }: NonNullable<Snapshot['simulated']>): string {
  const args = call.arguments.map((word) => word.trim() || '0');
  return `${call.syscall}(${args.join(', ')}) on ${call.architecture}: ${answer.action.text}`;
}

/** The figures of a program in words. */
export function verdictLine({ format, instructions, bytes, arches, typicalSteps, maxSteps }: CompileSuccess): string {
  const typical = typicalSteps === undefined ? '' : `, ${typicalSteps} executed for a typical allowed call`;
  return `${format}, compiled: ${instructions} instructions (${bytes} bytes) for ${arches.join(', ')}${typical}, ${maxSteps} at most`;
}
