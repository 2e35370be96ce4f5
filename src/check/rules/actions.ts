import { mayRun, permits } from '../../action.js';
import { CompileError } from '../../compiler/compile-error.js';
import { errnoNumber } from '../../errno.js';
import { count } from '../../phrases.js';
import { traitsOf } from '../../profile/formats/index.js';
import type { CheckContext, CheckedEntry } from '../context.js';
import type { TextEdit } from '../finding.js';
import type { CheckRule } from '../rule.js';

const emptyAllowList: CheckRule = {
  id: 'empty-allow-list',
  severity: 'error',
  summary: 'A restricting default and nothing allowed: no program runs under it.',
  *checkTarget({ policy }, { profile, terms }) {
    if (mayRun(policy.defaultAction) || policy.rules.some(({ action }) => mayRun(action))) return;
    yield {
      place: profile.locate('defaultAction'),
      message: `the default is ${policy.defaultAction.kind} and no entry allows anything: not even the program's start`,
      advice: `allow the calls that are needed (${terms.action('ALLOW')})`,
    };
  },
};

const filterDoesNothing: CheckRule = {
  id: 'filter-does-nothing',
  severity: 'warning',
  summary: 'A permitting default and nothing restricted: the filter lets everything through.',
  *checkTarget({ policy, isDenyList }, { profile }) {
    if (!isDenyList || policy.rules.some(({ action }) => !permits(action))) return;
    yield {
      place: profile.locate('defaultAction'),
      message: `the default is ${policy.defaultAction.kind} and no entry restricts anything: everything runs`,
      advice: 'deny what is not needed, or use a restricting default with a list of what is',
    };
  },
};

const logDefault: CheckRule = {
  id: 'log-default',
  severity: 'advice',
  summary: 'SCMP_ACT_LOG for a default: it allows everything and writes it down.',
  *checkText({ profile, defaultAction, terms }) {
    if (defaultAction.kind !== 'LOG') return;
    yield {
      place: profile.locate('defaultAction'),
      message: `${terms.action('LOG')} allows what it logs: this profile observes and does not protect`,
      advice: 'use it to find out what a program calls, and a restricting default afterwards',
    };
  },
};

const namesErrno = ({ written: { errnoRet, errno } }: CheckedEntry) => typeof errnoRet === 'bigint' || !!errno;

const errnoMissing: CheckRule = {
  id: 'errno-missing',
  severity: 'advice',
  summary: 'SCMP_ACT_ERRNO without an errno: it is EPERM then.',
  *checkText(context) {
    const { entries, profile } = context;
    const { defaultErrnoRet, defaultErrno, defaultAction } = profile.seccomp;
    // A SeccompProfile of the operator has no errno for the default to say.
    const isRepresentable = !traitsOf(profile).lacksDefaultErrno;
    if (isRepresentable && defaultAction === 'SCMP_ACT_ERRNO' && typeof defaultErrnoRet !== 'bigint' && !defaultErrno) {
      yield {
        place: profile.locate('defaultAction'),
        message: 'SCMP_ACT_ERRNO without "defaultErrnoRet" is EPERM',
        advice: 'say "defaultErrnoRet": 1 if that is meant, or 38 (ENOSYS), which programs fall back from',
        fix: addErrno(context, [], 'defaultErrnoRet'),
      };
    }
    const silent = entries.filter((entry) => entry.action.kind === 'ERRNO' && !namesErrno(entry));
    const first = silent[0];
    if (first === undefined) return;
    yield {
      place: profile.locate('syscalls', first.index, 'action'),
      message: `${count(silent.length, 'entry has', 'entries have')} SCMP_ACT_ERRNO without "errnoRet", which is EPERM`,
      advice: 'say "errnoRet": 1 if that is meant, or the errno that the programs expect',
      fix: silent.flatMap(({ index }) => addErrno(context, ['syscalls', index], 'errnoRet')),
    };
  },
};

function addErrno({ text, profile }: CheckContext, path: (string | number)[], key: string): readonly TextEdit[] {
  return text?.setMember(profile.locate(...path), key, 1) ?? [];
}

const errnoZero: CheckRule = {
  id: 'errno-zero',
  severity: 'advice',
  summary: 'Errno 0: the call does nothing and reports success.',
  *checkText({ entries, profile }) {
    if (
      profile.seccomp.defaultAction === 'SCMP_ACT_ERRNO' &&
      profile.seccomp.defaultErrnoRet === 0n &&
      !profile.seccomp.defaultErrno
    ) {
      yield {
        place: profile.locate('defaultErrnoRet'),
        message: 'errno 0 is success: every call that is not named reports that it was done, and nothing was',
        advice: 'use EPERM (1) or ENOSYS (38)',
      };
    }
    for (const { action, written, index } of entries) {
      if (action.kind !== 'ERRNO' || written.errnoRet !== 0n || written.errno) continue;
      yield {
        place: profile.locate('syscalls', index, 'errnoRet'),
        message: 'errno 0 is success: the program goes on as if the call had been made',
        advice: 'keep it only where the program must be made to believe so',
      };
    }
  },
};

const newCallsRefused: CheckRule = {
  id: 'new-calls-refused',
  severity: 'advice',
  summary:
    'An allow-list that refuses calls newer than itself with something else than ENOSYS, which programs fall back from.',
  *checkTarget({ policy, architecture }, { behaviour, profile, terms }) {
    const { defaultAction } = policy;
    if (mayRun(defaultAction) || behaviour.enosysStub || policy.enosysNewerThan || policy.rules.length === 0) return;
    if (defaultAction.kind === 'ERRNO' && defaultAction.data === errnoNumber('ENOSYS', architecture.name)) return;
    const does = defaultAction.kind === 'ERRNO' ? 'refuses them' : 'ends the program';
    yield {
      place: profile.locate('defaultAction'),
      message: `for calls that Linux gets after this profile was written the default ${does}, where ENOSYS would make a C library fall back to an older call`,
      advice: terms.defaultEnosys(architecture.name),
    };
  },
};

const traceWithoutTracer: CheckRule = {
  id: 'trace-without-tracer',
  severity: 'warning',
  summary: 'SCMP_ACT_TRACE: without a tracer the call fails with ENOSYS.',
  *checkText({ entries, profile, defaultAction, terms }) {
    const message = `${terms.action('TRACE')} asks a ptrace(2) tracer, and no container runtime attaches one: without it the call fails with ENOSYS`;
    const advice = `use ${terms.action('LOG')} to observe, or ${terms.action('ERRNO')} to refuse`;
    if (defaultAction.kind === 'TRACE') {
      yield {
        place: profile.locate('defaultAction'),
        message,
        advice,
      };
    }
    const tracing = entries.filter(({ action }) => action.kind === 'TRACE');
    if (tracing[0]) {
      yield {
        place: profile.locate('syscalls', tracing[0].index, 'action'),
        message: `${count(tracing.length, 'entry', 'entries')}: ${message}`,
        advice,
      };
    }
  },
};

const notifyWithoutListener: CheckRule = {
  id: 'notify-without-listener',
  severity: 'warning',
  summary: 'SCMP_ACT_NOTIFY without `listenerPath`: nobody answers, and runc refuses the profile.',
  *checkText({ entries, profile, terms }) {
    const notifying = entries.find(({ action }) => action.kind === 'NOTIFY');
    if (!notifying || profile.seccomp.listenerPath) return;
    yield {
      place: profile.locate('syscalls', notifying.index, 'action'),
      message: `${terms.action('NOTIFY')} needs somebody who answers, and the profile has no ${terms.listener.replace(/^a /, '')}: runc refuses it, and elsewhere the call fails with ENOSYS`,
      advice: `name the socket of the agent in ${terms.listener}, unless the program that loads the filter listens itself`,
    };
  },
};

const waitKillableWithoutNotify: CheckRule = {
  id: 'wait-killable-without-notify',
  severity: 'error',
  summary: 'The flag WAIT_KILLABLE_RECV without SCMP_ACT_NOTIFY: the kernel refuses the filter.',
  *checkTarget(target, { profile, behaviour }) {
    const flag = 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV';
    const at = profile.seccomp.flags?.indexOf(flag) ?? -1;
    if (!target.policy.flags?.includes(flag)) return;
    const { filter } = target;
    if (filter instanceof CompileError || filter.usesListener) return;
    const isLoaded = behaviour.refusedFlags === 'load-without';
    const consequence = isLoaded
      ? 'crun loads it again with no flags at all, so every flag of the profile is lost'
      : 'the program does not start';
    yield {
      place: at >= 0 ? profile.locate('flags', at) : profile.locate('flags'),
      severity: isLoaded ? 'warning' : undefined,
      message: `the flag WAIT_KILLABLE_RECV is about calls that a listener answers, and no call is given to one: the kernel refuses the filter (EINVAL), and ${consequence}`,
      advice: 'take the flag out',
    };
  },
};

export const ACTION_RULES: readonly CheckRule[] = [
  emptyAllowList,
  filterDoesNothing,
  logDefault,
  newCallsRefused,
  errnoMissing,
  errnoZero,
  traceWithoutTracer,
  notifyWithoutListener,
  waitKillableWithoutNotify,
];
