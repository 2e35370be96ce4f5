import { isSameAction, kernelAction, permits } from '../../src/action.js';
import { type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { createSimulator, type SeccompData } from '../../src/bpf/index.js';
import { describeDenial } from '../../src/learn/describe-denial.js';
import type { Action } from '../../src/policy.js';
import { writeProfile } from '../../src/profile/formats/write-profile.js';
import { readProfile } from '../../src/profile/index.js';
import type { Entry, Profile } from './evaluate-profile.js';
import { ExplainedProfile } from './explained-profile.js';
import { type AskedLines, expectation, NOBODY } from './explanations.js';

// What `scmp run --trace` says of a denied call: why, and what to do to have it, which is done here.

/** A call with all its registers. */
export interface MadeCall {
  arch: ArchitectureName;
  name: string;
  nr: number;
  args: readonly bigint[];
}

const PLACE = String.raw`profile\.json:\d+:\d+ \(syscalls\[(\d+)\](?:\.names\[\d+\])?\)`;
const ENTRY = new RegExp(`^${PLACE}$`);
const UNMET = new RegExp(`^the conditions of (${PLACE.replace('(\\d+)', '\\d+')}(?:, )?)+ do not hold$`);
const DROPPED = new RegExp(`^${PLACE} does not apply: (.*)$`);

const decide = ({ entries }: ExplainedProfile, { arch, nr, args }: MadeCall): Action => {
  const data = { arch: parseArchitecture(arch).auditArch, nr, args, instructionPointer: 0n } as unknown as SeccompData;
  return kernelAction(createSimulator(entries.compiled).simulate(data).returnValue);
};

/** Ask all that is said of a call, if it is denied. */
export function askDenial(
  about: ExplainedProfile,
  usual: ExplainedProfile | undefined,
  call: MadeCall,
  asked: AskedLines,
): void {
  const action = decide(about, call);
  // As the loader: NOTIFY and calls that run are not reported.
  if (permits(action) || action.kind === 'NOTIFY') return;
  const { arch, name, args } = call;
  const denied = { architecture: arch, name, args, action };
  const { program } = about;
  const tell = expectation(asked, about, `trace of ${name}(${args.join(', ')}) on ${arch}`);
  const says = (each: Action) => program.says(each, arch);
  const profile = { ...about.entries, source: 'profile.json', format: 'json' as const };
  const usually = usual && decide(usual, call);
  const { decision, advice } = describeDenial(profile, denied, usually);
  const dependent =
    /^(.*) without capabilities; (.*) with Docker's default set: --cap docker; (.*)$/.exec(decision) ?? undefined;
  const plain = /^([A-Z_]+(?:\([^)]*\))?): (.*)$/.exec(decision);
  const [, first, other, reason = ''] = dependent ?? [undefined, plain?.[1], undefined, plain?.[2]];
  tell('the denial', first === says(action), decision);
  tell(
    'with Docker’s default set',
    other === (usually && !isSameAction(usually, action) ? says(usually) : undefined),
    decision,
  );
  const exact = about.allBitsKnown(arch, args);
  const standing = about.standing(arch, call.nr);
  const holding = standing.filter(({ where }) => about.meet(where, exact));
  const alike = holding.filter((each) => each.action === says(action));

  const entry = ENTRY.exec(reason);
  if (entry) {
    const index = Number(entry[1]);
    tell(
      'the entry that denies',
      alike.some((each) => each.index === index),
      decision,
    );
    if (says(action) !== about.default) {
      // Without all that say the same of it, it gets something else; without one that is alone as well.
      const without = about.without(alike);
      const after = without && decide(without, call);
      if (after) tell('the entry removed', !isSameAction(after, action) || about.options.enosysStub === true, decision);
    }
    tell('no advice against an entry', advice.length === 0, advice.join());
    return;
  }
  if (reason === `profile.json does not list ${arch}`) {
    tell('not listed', !about.entries.compiled.arches.includes(arch) && advice.length === 0, decision);
    return;
  }
  if (/^not the profile itself, but what was added to it \(an ENOSYS stub for calls newer than it\)$/.test(reason)) {
    const without = decide(
      about.again(() => {}, { enosysStub: false }),
      call,
    );
    const isStub = about.options.enosysStub === true && says(action) === 'ERRNO(ENOSYS)' && advice.length === 0;
    tell('the stub', isStub && (!isSameAction(without, action) || says(without) === about.default), decision);
    return;
  }
  const because = /^the default, (?:no entry names it|since (.*))$/.exec(reason);
  if (!because) {
    tell(NOBODY, false, decision);
    return;
  }
  tell('the default denies', says(action) === about.default, decision);
  const named = about.profile.syscalls.some(({ names = [] }) => names.includes(name));
  if (because[1] === undefined) tell('no entry names it', !named, decision);
  for (const part of because[1]?.split(/; (?=profile\.json)/) ?? []) {
    const dropped = DROPPED.exec(part);
    if (dropped) {
      const index = Number(dropped[1]);
      tell('does not apply', about.isLeftOut(index, dropped[2] as string, standing), decision);
    } else if (UNMET.test(part)) {
      for (const [, index] of part.matchAll(new RegExp(PLACE, 'g'))) {
        const rules = standing.filter((each) => each.index === Number(index));
        const isUnmet = rules.length > 0 && rules.every((each) => !holding.includes(each));
        tell('conditions do not hold', isUnmet, decision);
      }
    } else tell(NOBODY, false, part);
  }
  for (const line of advice) askAdvice(line, about, call, tell);
  if (advice.length === 0) tell('there is advice', false, decision);
  askListAdvice(about, call, denied, tell);
}

type Tell = ReturnType<typeof expectation>;

/** Advice is followed. */
function askAdvice(line: string, about: ExplainedProfile, call: MadeCall, tell: Tell): void {
  const [, taken, added] =
    /^to allow it(?: without)?, (take .*, which it would go over, and )?add: (\{.*\})$/.exec(line) ?? [];
  const [, enosys] = /^its flags .* to make the C library call clone, add: (\{.*\})$/.exec(line) ?? [];
  const [, names, engine, own] =
    /^to allow it, give the container ((?:CAP_\w+(?:, )?)+): (.*) of docker and podman \((.*) here\)$/.exec(line) ?? [];
  const text = added ?? enosys;
  if (text !== undefined) {
    const entry: Entry = JSON.parse(text);
    const follow = ({ syscalls }: Profile) => {
      for (const [, listed = '', index] of taken?.matchAll(new RegExp(`((?:\\w+, )*\\w+) out of ${PLACE}`, 'g')) ??
        []) {
        const other = syscalls[Number(index)] as Entry;
        if (other.names) other.names = other.names.filter((each) => !listed.split(', ').includes(each));
        if (other.names?.length === 0) other.names = ['_sysctl_none'];
      }
      syscalls.push(entry);
    };
    const followed = attempt(() => about.again(follow, {}, {}));
    const after = followed && decide(followed, call);
    // What other entries deny stays denied, unless it is said that they are gone over.
    const denying = about.standing(call.arch, call.nr).filter(({ action }) => !/^(ALLOW|LOG)$/.test(action));
    const given = ({ program }: ExplainedProfile) =>
      denying.filter(({ action, where }) => program.actionsWhere(call.arch, call.nr, where).includes(action)).length;
    if (followed && taken === undefined) tell('the others stay', given(followed) === given(about), line);
    if (taken !== undefined)
      tell(
        'what it would go over',
        about.standing(call.arch, call.nr).some(({ action }) => action !== 'ALLOW'),
        line,
      );
    if (added !== undefined) tell('the entry to add', after !== undefined && permits(after), line);
    else
      tell(
        'ENOSYS for clone3',
        after?.kind === 'ERRNO' && about.program.says(after, call.arch) === 'ERRNO(ENOSYS)',
        line,
      );
  } else if (names !== undefined) {
    const given = names.split(', ');
    const options = (option: string) => given.map((each) => `${option} ${each.replace('CAP_', '')}`).join(' ');
    const capabilities = [...(about.options.capabilities ?? []), ...given];
    const after = attempt(() =>
      decide(
        about.again(() => {}, { capabilities }, {}),
        call,
      ),
    );
    // What libseccomp then refuses beside another entry is an error of its own, with both lines.
    const isSaid = engine === options('--cap-add') && own === options('--cap');
    tell('the capability to give', isSaid && (after === undefined || permits(after)), line);
  } else tell(NOBODY, false, line);
}

/** The same of the profile as a list, where it can be one. */
function askListAdvice(
  about: ExplainedProfile,
  call: MadeCall,
  denied: Parameters<typeof describeDenial>[1],
  tell: Tell,
): void {
  const text = attempt(() => writeProfile(about.parsed, 'list'));
  if (text === undefined || about.profile.syscalls.some(({ includes, excludes }) => includes || excludes)) return;
  const compiled = (list: string) =>
    new ExplainedProfile(
      list,
      about.target,
      about.libseccomp,
      about.options,
      {},
      about.program.store,
      readProfile(list, { format: 'list', source: 'profile.list' }),
    );
  const own = attempt(() => compiled(text));
  if (!own || !isSameAction(decide(own, call), denied.action)) return;
  const { advice } = describeDenial({ ...own.entries, source: 'profile.list', format: 'list' }, denied);
  for (const line of advice) {
    const [, added] = / add: (.*)$/.exec(line) ?? [];
    // Done for JSON.
    if (line.includes('which it would go over')) continue;
    const after = attempt(() => decide(compiled(`${text.trimEnd()}\n${added}\n`), call));
    const isSo =
      after && (line.startsWith('to allow') ? permits(after) : own.program.says(after, call.arch) === 'ERRNO(ENOSYS)');
    tell('the line to add', isSo === true, `${line}\n${text}`);
  }
}

/** What there is none of for this profile. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
