import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  ADD_FD_SIZE,
  LOW_WORD,
  MEMBER,
  NOTIFICATION_SIZE,
  notifyRequests,
  RESPONSE_SIZE,
  uint64At,
} from '../../native-loader/supervise/notify-abi.js';
import fc from '../fast-check.js';

const hasGcc = process.platform === 'linux' && spawnSync('gcc', ['--version']).status === 0;

/** What C says, compiled with the kernel's own header. */
function fromHeader() {
  const groups = {
    requests: {
      RECV: 'SECCOMP_IOCTL_NOTIF_RECV',
      SEND: 'SECCOMP_IOCTL_NOTIF_SEND',
      ID_VALID: 'SECCOMP_IOW(2, __u64)',
      ADDFD: 'SECCOMP_IOCTL_NOTIF_ADDFD',
      SET_FLAGS: 'SECCOMP_IOW(4, __u64)',
    },
    sizes: {
      notif: 'sizeof(struct seccomp_notif)',
      response: 'sizeof(struct seccomp_notif_resp)',
      addFd: 'sizeof(struct seccomp_notif_addfd)',
    },
    members: {
      id: 'offsetof(struct seccomp_notif, id)',
      pid: 'offsetof(struct seccomp_notif, pid)',
      number: 'offsetof(struct seccomp_notif, data.nr)',
      auditArch: 'offsetof(struct seccomp_notif, data.arch)',
      instructionPointer: 'offsetof(struct seccomp_notif, data.instruction_pointer)',
      args: 'offsetof(struct seccomp_notif, data.args)',
    },
  };
  const directory = mkdtempSync(join(tmpdir(), 'notify-abi-'));
  try {
    const values = Object.values(groups).flatMap((group) => Object.values(group));
    const lines = values.map((value) => `printf("%lu\\n", (unsigned long)(${value}));`);
    const program = `#include <stddef.h>\n#include <stdio.h>\n#include <sys/ioctl.h>\n#include <linux/seccomp.h>\nint main(void) { ${lines.join('\n')} return 0; }`;
    writeFileSync(join(directory, 'abi.c'), program);
    const compiled = spawnSync('gcc', ['abi.c', '-o', 'abi'], { cwd: directory, encoding: 'utf8' });
    if (compiled.status !== 0) throw new Error(compiled.stderr);
    const { stdout } = spawnSync(join(directory, 'abi'), { encoding: 'utf8' });
    const numbers = stdout.trim().split('\n').map(Number).values();
    const read = (group: object): Record<string, number> =>
      Object.fromEntries(Object.keys(group).map((name) => [name, numbers.next().value!]));
    return { requests: read(groups.requests), sizes: read(groups.sizes), members: read(groups.members) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe('the numbers of listeners', () => {
  it.skipIf(!hasGcc && !process.env.CI)('are those of linux/seccomp.h on this machine', () => {
    const { sizes, members, requests } = fromHeader();
    expect(requests).toEqual(notifyRequests(process.arch));
    expect(sizes).toEqual({ notif: NOTIFICATION_SIZE, response: RESPONSE_SIZE, addFd: ADD_FD_SIZE });
    const byWord = Object.entries(members).map(([name, bytes]) => [name, bytes / 4]);
    expect(Object.fromEntries(byWord)).toEqual(MEMBER);
  });

  it('have other directions on powerpc', () => {
    // arch/powerpc/include/uapi/asm/ioctl.h: 13 size bits, _IOC_READ 2, _IOC_WRITE 4
    expect(notifyRequests('ppc64')).toMatchObject({ RECV: 0xc0502100, ID_VALID: 0x80082102 });
    expect(notifyRequests('x64')).toMatchObject({ RECV: 0xc0502100, ID_VALID: 0x40082102 });
  });
});

describe('the words of a notification', () => {
  it('are joined to numbers of 64 bits as this machine stores them', () => {
    const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(u64, u64, (first, second) => {
        const words = new Int32Array(new BigUint64Array([first, second]).buffer);
        expect([uint64At(words, 0), uint64At([...words], 2)]).toEqual([first, second]);
        expect(words[LOW_WORD]).toBe(Number(BigInt.asIntN(32, first)));
      }),
    );
  });
});
