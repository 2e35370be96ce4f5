import { ProgramTextError } from '../bpf/forms/program-text-error.js';
import { ScmpError } from '../errors.js';
import { kindOfLog } from '../learn/log-kind.js';
import { ProfileError } from '../profile/document/profile-error.js';
import type { Input } from './input.js';

const KINDS = { audit: 'an audit log', strace: 'a log of strace', trace: "the output of scmp's --trace" } as const;

/** Lines in which a log shows what it is. */
const LOOKED_AT = 5;

/** Of a profile or program that cannot be read: the error for a log where a profile is wanted, or the one that there was. */
export function logGivenError({ bytes, source }: Input, error: unknown): unknown {
  if (!(error instanceof ScmpError)) return error;
  const begin = new TextDecoder().decode(bytes.subarray(0, 4096));
  const kind = kindOfLog(begin.split('\n', LOOKED_AT).join('\n'));
  // A log may have a program in it.
  if (kind === undefined || (error instanceof ProgramTextError && begin.includes('BPF_'))) return error;
  const message = `this is ${KINDS[kind]}, not a profile`;
  const hint = 'scmp why LOG says what was denied, scmp record what profile it asks for';
  return new ProfileError('PROFILE_SYNTAX', [{ code: 'bad-syntax', message, hint, path: '' }], source);
}
