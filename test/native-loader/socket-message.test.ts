import { fstatSync, openSync } from 'node:fs';
import { expect, it } from 'vitest';
import { supervisorCalls } from '../../native-loader/libc/supervisor-calls.js';

it.skipIf(process.platform !== 'linux')('sends bytes and descriptors over a socket, and receives them', () => {
  const c = supervisorCalls();
  const pair = c.socketPair();
  if (typeof pair === 'number') throw new Error(`socketpair: ${pair}`);
  const [here, there] = pair;
  const file = openSync('/dev/null', 'r');
  expect(c.receiveMessage(there)).toBeLessThan(0); // EAGAIN: it does not wait
  for (const count of [0, 1, 2, 5]) {
    const bytes = Uint8Array.from({ length: 1 + 1000 * count }, (_, index) => index);
    expect(c.sendMessage(here, bytes, Array(count).fill(file))).toBe(bytes.length);
    const received = c.receiveMessage(there);
    if (typeof received === 'number') throw new Error(`recvmsg: ${received}`);
    expect(received.bytes).toEqual(bytes);
    expect(received.truncated).toBe(false);
    expect(received.fds).toHaveLength(count);
    for (const fd of received.fds) {
      expect(fstatSync(fd).rdev).toBe(fstatSync(file).rdev);
      c.close(fd);
    }
  }
  expect(c.sendMessage(here, Uint8Array.of(1), Array(40).fill(file))).toBe(1);
  const tooMany = c.receiveMessage(there);
  if (typeof tooMany === 'number') throw new Error(`recvmsg: ${tooMany}`);
  expect(tooMany.truncated).toBe(true);
  for (const fd of [...tooMany.fds, file, here]) c.close(fd);
  expect(c.receiveMessage(there)).toEqual({ bytes: new Uint8Array(), fds: [], truncated: false });
  c.close(there);
});
