import { describe, expect, it } from 'vitest';
import {
  ACTION_NAMES,
  type ActionKind,
  decodeReturnValue,
  encodeAction,
  formatAction,
  isDecidedElsewhere,
  isSameAction,
  isStricter,
  kernelAction,
  kills,
  kindOfName,
  maxErrnoRet,
  mayRun,
  nameOfKind,
  permits,
  precedence,
  STRICTEST_FIRST,
  takesEnosysStub,
} from '../src/action.js';
import { InvalidArgumentError } from '../src/errors.js';
import type { Action } from '../src/policy.js';
import fc from './fast-check.js';

// linux/seccomp.h, strictest first.
const ACTIONS: [Action, number, string][] = [
  [{ kind: 'KILL_PROCESS' }, 0x80000000, 'KILL_PROCESS'],
  [{ kind: 'KILL_THREAD' }, 0x00000000, 'KILL_THREAD'],
  [{ kind: 'TRAP' }, 0x00030000, 'TRAP'],
  [{ kind: 'ERRNO', data: 1 }, 0x00050001, 'ERRNO(EPERM)'],
  [{ kind: 'NOTIFY' }, 0x7fc00000, 'NOTIFY'],
  [{ kind: 'TRACE', data: 7 }, 0x7ff00007, 'TRACE(7)'],
  [{ kind: 'LOG' }, 0x7ffc0000, 'LOG'],
  [{ kind: 'ALLOW' }, 0x7fff0000, 'ALLOW'],
];

describe('return values', () => {
  it.each(ACTIONS)('%o is %i', (action, value, text) => {
    expect(encodeAction(action)).toBe(value);
    expect(decodeReturnValue(value)).toEqual(action);
    expect(formatAction(action)).toBe(text);
  });

  it('carry the data of ERRNO, TRACE and TRAP, and no other', () => {
    expect(decodeReturnValue(0x7ff0ffff)).toEqual({ kind: 'TRACE', data: 65535 });
    expect(decodeReturnValue(0x00050000)).toEqual({ kind: 'ERRNO', data: 0 });
    expect(decodeReturnValue(0x7fff1234)).toEqual({ kind: 'ALLOW' });
    expect(decodeReturnValue(0x7ffc1234)).toEqual({ kind: 'LOG' });
    expect(decodeReturnValue(0x7fc01234)).toEqual({ kind: 'NOTIFY' });
    expect(decodeReturnValue(0x00001234)).toEqual({ kind: 'KILL_THREAD' });
    expect(decodeReturnValue(0x80001234)).toEqual({ kind: 'KILL_PROCESS' });
    expect(decodeReturnValue(0x00031234)).toEqual({ kind: 'TRAP', data: 0x1234 });
    expect(formatAction({ kind: 'TRAP', data: 23 })).toBe('TRAP(23)');
    expect(formatAction({ kind: 'TRAP', data: 0 })).toBe('TRAP');
    expect(encodeAction({ kind: 'TRAP', data: 0xffff })).toBe(0x0003ffff);
  });

  it('are the same where nobody can tell them apart', () => {
    expect(isSameAction({ kind: 'TRAP' }, { kind: 'TRAP', data: 0 })).toBe(true);
    expect(isSameAction({ kind: 'TRAP', data: undefined }, { kind: 'TRAP' })).toBe(true);
    expect(isSameAction({ kind: 'TRAP', data: 1 }, { kind: 'TRAP', data: 23 })).toBe(false);
    expect(isSameAction({ kind: 'TRACE', data: 1 }, { kind: 'TRACE', data: 2 })).toBe(false);
    expect(isSameAction({ kind: 'ERRNO', data: 1 }, { kind: 'ERRNO', data: 1 })).toBe(true);
    expect(isSameAction({ kind: 'ERRNO', data: 0 }, { kind: 'TRACE', data: 0 })).toBe(false);
    expect(isSameAction({ kind: 'LOG' }, { kind: 'ALLOW' })).toBe(false);
  });

  it('cap ERRNO at MAX_ERRNO as the kernel does', () => {
    expect(decodeReturnValue(0x00050fff)).toEqual({ kind: 'ERRNO', data: 4095 });
    expect(decodeReturnValue(0x0005ffff)).toEqual({ kind: 'ERRNO', data: 4095 });
  });

  it('that name no action kill the process', () => {
    for (const value of [0x00010000, 0x7ffe0000, 0x80010000, 0xffffffff]) {
      expect(decodeReturnValue(value)).toEqual({ kind: 'UNKNOWN', returnValue: value });
      expect(decodeReturnValue(value | 0)).toEqual({ kind: 'UNKNOWN', returnValue: value });
      expect(kernelAction(value)).toEqual({ kind: 'KILL_PROCESS' });
    }
  });

  it('of actions decode to the same action again', () => {
    const actions = fc
      .tuple(fc.constantFrom(...ACTIONS.map(([, value]) => value)), fc.nat({ max: 0xffff }))
      .map(([value, data]) => kernelAction(value | data));
    fc.assert(
      fc.property(actions, (action) => {
        expect(decodeReturnValue(encodeAction(action))).toEqual(action);
      }),
    );
  });

  it.each([
    { kind: 'ERRNO', data: 65536 },
    { kind: 'ERRNO', data: -1 },
    { kind: 'TRAP', data: 65536 },
    { kind: 'ERRNO', data: 1.5 },
    { kind: 'TRACE', data: 65536 },
    { kind: 'TRACE', data: Number.NaN },
  ] as Action[])('do not exist for %o', (action) => {
    expect(() => encodeAction(action)).toThrow(InvalidArgumentError);
  });
});

it('precedence goes from the strictest action to ALLOW, whatever the data', () => {
  const ranks = ACTIONS.map(([, value]) => precedence(value));
  expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
  expect(new Set(ranks).size).toBe(ranks.length);
  expect(precedence(0x00050026)).toBe(precedence(0x00050001));
});

it('an errno is formatted as the architecture numbers it', () => {
  expect(formatAction({ kind: 'ERRNO', data: 38 })).toBe('ERRNO(ENOSYS)');
  expect(formatAction({ kind: 'ERRNO', data: 38 }, 'mips')).toBe('ERRNO(EL2NSYNC)');
  expect(formatAction({ kind: 'ERRNO', data: 1 }, 'mips')).toBe('ERRNO(EPERM)');
  expect(formatAction({ kind: 'ERRNO', data: 0 })).toBe('ERRNO(0)');
});

// seccomp(2), by kind: E the call is executed, A another process is asked, K the thread or the process ends.
const MEANINGS: Record<ActionKind, string> = {
  KILL_PROCESS: 'K',
  KILL_THREAD: 'K',
  TRAP: 'K',
  ERRNO: '',
  NOTIFY: 'A',
  TRACE: 'A',
  LOG: 'E',
  ALLOW: 'E',
};

describe('what an action means', () => {
  it.each(ACTIONS)('%o', (action) => {
    const meaning = MEANINGS[action.kind];
    expect(permits(action)).toBe(meaning === 'E');
    expect(isDecidedElsewhere(action)).toBe(meaning === 'A');
    expect(mayRun(action)).toBe(meaning === 'E' || meaning === 'A');
    expect(kills(action)).toBe(meaning === 'K');
    // runc: libcontainer/seccomp/patchbpf, which skips its stub for ActAllow, ActLog and ActTrace
    expect(takesEnosysStub(action)).toBe(!['ALLOW', 'LOG', 'TRACE'].includes(action.kind));
  });

  it('is the same by a profile’s name of it', () => {
    for (const kind of Object.keys(MEANINGS) as ActionKind[]) {
      expect(kindOfName(nameOfKind(kind))).toBe(kind);
      for (const ask of [permits, isDecidedElsewhere, mayRun, kills]) expect(ask(nameOfKind(kind))).toBe(ask({ kind }));
    }
    expect(kindOfName('SCMP_ACT_KILL')).toBe('KILL_THREAD');
    expect([...ACTION_NAMES].sort()).toEqual(
      ['SCMP_ACT_KILL', ...Object.keys(MEANINGS).map((kind) => `SCMP_ACT_${kind}`)].sort(),
    );
  });

  it('has the kernel’s order, which does not look at data', () => {
    expect(STRICTEST_FIRST).toEqual(ACTIONS.map(([{ kind }]) => kind));
    expect(isStricter('SCMP_ACT_KILL', { kind: 'TRAP' })).toBe(true);
    expect(isStricter('SCMP_ACT_KILL', 'SCMP_ACT_KILL_THREAD')).toBe(false);
    expect(isStricter({ kind: 'ALLOW' }, 'SCMP_ACT_LOG')).toBe(false);
  });

  it('bounds the data that a profile may give', () => {
    expect(maxErrnoRet('SCMP_ACT_ERRNO')).toBe(4094);
    expect(maxErrnoRet('SCMP_ACT_TRACE')).toBe(65535);
    expect(maxErrnoRet({ kind: 'TRAP' })).toBeUndefined();
    expect(maxErrnoRet('SCMP_ACT_ALLOW')).toBeUndefined();
  });

  it.each(['SCMP_ACT_ALLOW', 'constructor', ''])('is none for the kind %o', (kind) => {
    expect(() => permits({ kind } as never)).toThrow(InvalidArgumentError);
    expect(() => encodeAction({ kind } as never)).toThrow(InvalidArgumentError);
    expect(() => encodeAction(kind as never)).toThrow(InvalidArgumentError);
  });
});
