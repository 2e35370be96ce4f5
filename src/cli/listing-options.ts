import { InvalidArgumentError as InvalidOption, Option } from 'commander';
import { actionData, mayRun, permits, STRICTEST_FIRST } from '../action.js';
import type { ArchitectureName } from '../architecture.js';
import { errnoNumber } from '../errno.js';
import { InvalidArgumentError } from '../errors.js';
import type { Selection } from '../explain/select-answers.js';
import { type Libseccomp, lookUpSyscallName } from '../libseccomp/index.js';
import { nearestName } from '../nearest-name.js';
import { quote } from '../text.js';
import { collectArches } from './arch-option.js';
import { unknownSyscall } from './unknown-syscall.js';

type IsAction = NonNullable<Selection['isAction']>;

/** What of a listing is shown: the options of the commands that list decisions. */
export interface ListingFlags {
  abi?: ArchitectureName[];
  action?: IsAction[];
  call?: string[];
  stat?: boolean;
}

const PERMISSIONS: Readonly<Record<string, IsAction>> = {
  allowed: permits,
  denied: (action) => !mayRun(action),
};

/** `words` are what each option chooses in the command at hand. */
export const listingOptions = (words: { action: string; stat: string }) =>
  ({
    abi: new Option(
      '--abi <abi>',
      'of these ABIs of the filter alone: x86_64, x32 and x86 are three; repeatable, or separated by commas',
    ).argParser((text: string, previous?: ArchitectureName[]) => collectArches(text, previous ?? [])),
    action: new Option('--action <action>', words.action).argParser((text: string, previous: IsAction[] = []) => [
      ...previous,
      parseAction(text),
    ]),
    call: new Option('--call <syscall>', 'of these system calls alone; repeatable, or separated by commas').argParser(
      (text: string, previous: string[] = []) => [...previous, ...text.split(',').map((name) => name.trim())],
    ),
    stat: new Option('--stat', words.stat),
  }) as const;

/** What is asked for; undefined where that is everything. */
export function selectionOf({ abi, action, call }: ListingFlags, libseccomp: Libseccomp): Selection | undefined {
  if (!abi && !action && !call) return undefined;
  return {
    abis: abi,
    calls: call && new Set(call.map((each) => knownCall(each, libseccomp))),
    isAction: action && ((one, architecture) => action.some((isIt) => isIt(one, architecture))),
  };
}

function knownCall(text: string, libseccomp: Libseccomp): string | number {
  if (/^(\d{1,10}|0x[\da-f]{1,8})$/i.test(text)) return Number(text);
  if (lookUpSyscallName(libseccomp, text).length > 0) return text;
  throw new InvalidArgumentError(`--call: no architecture has a system call ${unknownSyscall(text)}`);
}

/** `denied`, `ERRNO`, `SCMP_ACT_ERRNO`, `ERRNO(EPERM)` or `EPERM`, in any case. */
function parseAction(text: string): IsAction {
  const permission = PERMISSIONS[text.toLowerCase()];
  if (permission) return permission;
  const word = text.toUpperCase().replace(/^SCMP_ACT_/, '');
  const kind = word === 'KILL' ? 'KILL_THREAD' : STRICTEST_FIRST.find((each) => each === word);
  if (kind) return (action) => action.kind === kind;
  const [, name = '', data = ''] = /^(?:(ERRNO|TRACE|TRAP)\()?(\w+)\)?$/.exec(word) ?? [];
  if (name !== 'TRACE' && name !== 'TRAP' && errnoNumber(data) !== undefined) return isErrno(data);
  if (name !== '' && /^\d{1,5}$/.test(data)) {
    return (action) => action.kind === name && (actionData(action) ?? 0) === Number(data);
  }
  const known = [...STRICTEST_FIRST, ...Object.keys(PERMISSIONS)];
  const nearest = nearestName(word, known) ?? nearestName(text.toLowerCase(), known);
  const hint = nearest ? `did you mean ${nearest}?` : `there are ${known.join(', ')}, and errnos as EPERM`;
  throw new InvalidOption(`${quote(text)} is no action; ${hint}`);
}

/** Architectures number some errnos differently. */
const isErrno =
  (name: string): IsAction =>
  (action, architecture) =>
    action.kind === 'ERRNO' && action.data === errnoNumber(name, architecture);
