import { describe, expect, it } from 'vitest';
import { CallTally } from '../../native-loader/supervise/call-tally.js';
import fc from '../fast-check.js';

const ARCH = 0xc000003e;

/** The arguments of a `struct seccomp_notif`, little-endian. */
function notification(...args: readonly bigint[]): DataView {
  const view = new DataView(new ArrayBuffer(80));
  for (const [index, value] of args.entries()) view.setBigUint64(32 + 8 * index, value, true);
  return view;
}

const masks = new Map([[ARCH, new Map([[16, [{ index: 1, mask: 0xffffffffn }]]])]]);

describe('CallTally', () => {
  it('counts by architecture and number, and by arguments where it has masks', () => {
    const tally = new CallTally(masks, 'little');
    for (const request of [0x5401n, 0xdead00005401n, 7n]) tally.count(ARCH, 16, notification(1n, request));
    tally.count(ARCH, 0, notification(1n));
    tally.count(ARCH, 0, notification(2n));
    tally.count(0x40000003, 16, notification(1n, 3n));
    expect(tally.calls()).toEqual([
      { auditArch: ARCH, number: 16, args: [undefined, 0x5401n], count: 2 },
      { auditArch: ARCH, number: 16, args: [undefined, 7n], count: 1 },
      { auditArch: ARCH, number: 0, args: [], count: 2 },
      { auditArch: 0x40000003, number: 16, args: [], count: 1 },
    ]);
  });

  it('keeps no more kinds than it can, and loses no call', () => {
    const tally = new CallTally(masks, 'little');
    for (let request = 0n; request < 1200n; request++) tally.count(ARCH, 16, notification(0n, request));
    const calls = tally.calls();
    expect(calls).toHaveLength(1001);
    expect(calls.find(({ args }) => args.length === 0)!.count).toBe(200);
  });

  it('loses no call (property)', () => {
    const call = fc.tuple(fc.constantFrom(ARCH, 0x40000003), fc.nat(20), fc.bigInt(0n, 2n ** 64n - 1n));
    fc.assert(
      fc.property(fc.array(call), (calls) => {
        const tally = new CallTally(masks, 'little');
        for (const [arch, number, value] of calls) tally.count(arch, number, notification(0n, value));
        expect(tally.calls().reduce((sum, { count }) => sum + count, 0)).toBe(calls.length);
      }),
    );
  });
});
