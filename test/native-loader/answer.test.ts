import { describe, expect, it } from 'vitest';
import { type ConstantAnswer, encodeAnswer } from '../../native-loader/supervise/answer.js';
import { checkSupervisorOptions } from '../../native-loader/supervise/supervisor.js';
import { InvalidArgumentError } from '../../src/errors.js';

describe('encodeAnswer', () => {
  it('knows errnos by name and number, and values of 64 bits', () => {
    expect(encodeAnswer({ kind: 'errno', errno: 'EPERM' })).toEqual({ value: 0n, error: 1, flags: 0 });
    expect(encodeAnswer({ kind: 'errno', errno: 4095 })).toMatchObject({ error: 4095 });
    expect(encodeAnswer({ kind: 'value', value: 3 })).toEqual({ value: 3n, error: 0, flags: 0 });
    expect(encodeAnswer({ kind: 'value', value: 2n ** 63n - 1n })).toMatchObject({ value: 2n ** 63n - 1n });
    expect(encodeAnswer({ kind: 'value', value: -4096 })).toMatchObject({ value: -4096n });
    expect(encodeAnswer({ kind: 'continue' })).toEqual({ value: 0n, error: 0, flags: 1 });
  });

  // errno 0 would be "returns 0": a denial that allows is the worst answer.
  it.each([
    { kind: 'errno', errno: 0 },
    { kind: 'errno', errno: -1 },
    { kind: 'errno', errno: 4096 },
    { kind: 'errno', errno: 1.5 },
    { kind: 'errno', errno: 'EWHATEVER' },
    { kind: 'errno' },
    { kind: 'value', value: 1.5 },
    { kind: 'value', value: 2 ** 60 },
    { kind: 'value', value: 2n ** 63n },
    { kind: 'value', value: -1 },
    { kind: 'allow' },
    { kind: 'fd', fd: 3 },
    null,
    'EPERM',
  ])('refuses $kind $errno $value', (answer) => {
    expect(() => encodeAnswer(answer as unknown as ConstantAnswer)).toThrow(InvalidArgumentError);
  });
});

describe('checkSupervisorOptions', () => {
  it('passes calls on to a handler, and answers the others without one', () => {
    expect(checkSupervisorOptions({ onNotification: () => undefined }).answers.otherwise).toBeUndefined();
    expect(checkSupervisorOptions({}).answers.otherwise).toMatchObject({ error: 38 });
  });

  it('fills the table by architecture', () => {
    const { bySyscall } = checkSupervisorOptions({
      answers: [
        { architecture: 'x86_64', syscalls: [83], answer: { kind: 'errno', errno: 1 } },
        { architecture: 'x86', syscalls: [39, 296], answer: { kind: 'value', value: 5 } },
      ],
    }).answers;
    expect(bySyscall.get(0xc000003e)?.get(83)).toMatchObject({ error: 1 });
    expect(bySyscall.get(0x40000003)?.get(296)).toMatchObject({ value: 5n });
    expect(bySyscall.get(0x40000003)?.get(83)).toBeUndefined();
  });

  it.each([
    { handlerTimeout: 0 },
    { handlerTimeout: -1 },
    { handlerTimeout: Number.NaN },
    { handlerTimeout: 2 ** 31 },
    { failure: 0 },
    { failure: 'nonsense' },
    { onNotification: 'not a function' },
    { answers: [{ syscalls: ['mkdir'], answer: { kind: 'continue' } }] },
  ])('refuses %j', (options) => {
    expect(() => checkSupervisorOptions(options as never)).toThrow(InvalidArgumentError);
  });
});
