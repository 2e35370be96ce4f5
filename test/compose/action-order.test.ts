import { describe, expect, it } from 'vitest';
import { judgeChange } from '../../src/action.js';
import { ActionOrder } from '../../src/compose/algebra/action-order.js';
import { InvalidArgumentError } from '../../src/index.js';
import type { Action } from '../../src/policy.js';

const errno = (data: number): Action => ({ kind: 'ERRNO', data });
const trace = (data: number): Action => ({ kind: 'TRACE', data });
const NOTIFY: Action = { kind: 'NOTIFY' };
const ALL: readonly Action[] = [
  { kind: 'KILL_PROCESS' },
  { kind: 'KILL_THREAD' },
  { kind: 'TRAP' },
  { kind: 'TRAP', data: 5 },
  ...[0, 1, 2, 13, 38, 4095].map(errno),
  ...[0, 7].map(trace),
  NOTIFY,
  { kind: 'LOG' },
  { kind: 'ALLOW' },
];

describe.each([[[]], [['EPERM', 'ENOSYS']], [['NOTIFY', 'TRACE']], [['TRACE(7)', 'TRAP(5)', 'ERRNO(0)']]])(
  'with the order %j',
  (listed: string[]) => {
    const order = new ActionOrder(listed, 'x86_64');
    const [and, or] = [order.strictest.bind(order), order.weakest.bind(order)];

    it('actions are a lattice', () => {
      for (const a of ALL) {
        expect([and(a, a), or(a, a)]).toEqual([a, a]);
        for (const b of ALL) {
          expect(and(a, b)).toEqual(and(b, a));
          expect(or(a, b)).toEqual(or(b, a));
          expect(and(a, or(a, b))).toEqual(a);
          expect(or(a, and(a, b))).toEqual(a);
          for (const c of ALL) {
            expect(and(and(a, b), c)).toEqual(and(a, and(b, c)));
            expect(or(or(a, b), c)).toEqual(or(a, or(b, c)));
          }
        }
      }
    });

    it('the strictest permits no more than either, and the weakest no less', () => {
      const isOrderedElsewhere = listed.some((each) => /NOTIFY|TRACE/.test(each));
      for (const a of ALL) {
        for (const b of ALL) {
          const isElsewhere = [a, b].every(({ kind }) => kind === 'TRACE' || kind === 'NOTIFY');
          if (isElsewhere && isOrderedElsewhere) continue;
          expect(judgeChange(a, and(a, b)), `${a.kind} ${b.kind}`).not.toBe('weaker');
          expect(judgeChange(or(a, b), a), `${a.kind} ${b.kind}`).not.toBe('weaker');
        }
      }
    });
  },
);

it('unlike errnos, tracers and listeners, as documented', () => {
  const order = new ActionOrder([], 'x86_64');
  expect(order.strictest(errno(1), errno(38))).toEqual(errno(38));
  expect(order.strictest(errno(1), errno(13))).toEqual(errno(13));
  expect(order.strictest(errno(13), errno(0))).toEqual(errno(0));
  expect(order.weakest(errno(13), errno(38))).toEqual(errno(13));
  expect(order.strictest(NOTIFY, trace(1))).toEqual(errno(1));
  expect(order.weakest(trace(1), trace(2))).toEqual({ kind: 'LOG' });
  expect(order.strictest(NOTIFY, errno(13))).toEqual(errno(13));
  expect(new ActionOrder(['EPERM'], 'x86_64').strictest(errno(1), errno(38))).toEqual(errno(1));
  expect(new ActionOrder(['NOTIFY', 'TRACE'], 'x86_64').strictest(NOTIFY, trace(1))).toEqual(NOTIFY);
  // ENOSYS has another number there
  expect(new ActionOrder([], 'mips').strictest(errno(1), errno(89))).toEqual(errno(89));
});

it.each(['ALLOW', 'KILL_PROCESS', 'ERRNO', 'ERRNO(EWHAT)', 'TRACE(65536)', 'NOTIFY(1)', '', 'TRAP'])(
  'refuses %j in the order',
  (text) => expect(() => new ActionOrder([text], 'x86_64')).toThrow(InvalidArgumentError),
);
