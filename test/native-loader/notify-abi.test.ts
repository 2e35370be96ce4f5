import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ADD_FD_SIZE,
  decodeNotification,
  encodeAddFd,
  encodeResponse,
  NOTIFICATION_SIZE,
  notifyRequests,
  RESPONSE_SIZE,
} from '../../native-loader/supervise/notify-abi.js';

const hasGcc = process.platform === 'linux' && spawnSync('gcc', ['--version']).status === 0;

/** What C says, compiled with the kernel's own header. */
function fromHeader(): Record<string, number> {
  const directory = mkdtempSync(join(tmpdir(), 'notify-abi-'));
  try {
    const values = {
      RECV: 'SECCOMP_IOCTL_NOTIF_RECV',
      SEND: 'SECCOMP_IOCTL_NOTIF_SEND',
      ID_VALID: 'SECCOMP_IOW(2, __u64)',
      ADDFD: 'SECCOMP_IOCTL_NOTIF_ADDFD',
      SET_FLAGS: 'SECCOMP_IOW(4, __u64)',
      notif: 'sizeof(struct seccomp_notif)',
      response: 'sizeof(struct seccomp_notif_resp)',
      addFd: 'sizeof(struct seccomp_notif_addfd)',
      number: 'offsetof(struct seccomp_notif, data.nr)',
      arch: 'offsetof(struct seccomp_notif, data.arch)',
      args: 'offsetof(struct seccomp_notif, data.args)',
    };
    const lines = Object.entries(values).map(([name, value]) => `printf("${name} %lu\\n", (unsigned long)(${value}));`);
    const program = `#include <stddef.h>\n#include <stdio.h>\n#include <sys/ioctl.h>\n#include <linux/seccomp.h>\nint main(void) { ${lines.join('\n')} return 0; }`;
    writeFileSync(join(directory, 'abi.c'), program);
    const compiled = spawnSync('gcc', ['abi.c', '-o', 'abi'], { cwd: directory, encoding: 'utf8' });
    if (compiled.status !== 0) throw new Error(compiled.stderr);
    const { stdout } = spawnSync(join(directory, 'abi'), { encoding: 'utf8' });
    return Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((line) => [line.split(' ')[0]!, Number(line.split(' ')[1])]),
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe('the numbers of listeners', () => {
  it.skipIf(!hasGcc && !process.env.CI)('are those of linux/seccomp.h on this machine', () => {
    const { notif, response, addFd, number, arch, args, ...requests } = fromHeader();
    expect(requests).toEqual(notifyRequests(process.arch));
    expect([notif, response, addFd]).toEqual([NOTIFICATION_SIZE, RESPONSE_SIZE, ADD_FD_SIZE]);
    expect([number, arch, args]).toEqual([16, 20, 32]);
  });

  it('have other directions on powerpc', () => {
    // arch/powerpc/include/uapi/asm/ioctl.h: 13 size bits, _IOC_READ 2, _IOC_WRITE 4
    expect(notifyRequests('ppc64')).toMatchObject({ RECV: 0xc0502100, ID_VALID: 0x80082102 });
    expect(notifyRequests('x64')).toMatchObject({ RECV: 0xc0502100, ID_VALID: 0x40082102 });
  });
});

describe('the structures of listeners', () => {
  const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

  it('are read in either byte order', () => {
    fc.assert(
      fc.property(
        u64,
        fc.nat(2 ** 31 - 1),
        fc.integer(),
        fc.array(u64, { minLength: 6, maxLength: 6 }),
        fc.boolean(),
        (id, pid, number, args, little) => {
          const bytes = new Uint8Array(NOTIFICATION_SIZE + 5).subarray(5);
          const view = new DataView(bytes.buffer, 5);
          view.setBigUint64(0, id, little);
          view.setUint32(8, pid, little);
          view.setInt32(16, number, little);
          view.setUint32(20, 0xc000003e, little);
          view.setBigUint64(24, id ^ 1n, little);
          for (const [index, value] of args.entries()) view.setBigUint64(32 + 8 * index, value, little);
          expect(decodeNotification(bytes, little ? 'little' : 'big')).toEqual({
            id,
            pid,
            number,
            args,
            auditArch: 0xc000003e,
            instructionPointer: id ^ 1n,
          });
        },
      ),
    );
  });

  it('are written: an errno is negative, a descriptor has its flags', () => {
    expect([...encodeResponse(1n, { value: -2n, error: 38, flags: 1 }, 'little')]).toEqual([
      1, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xda, 0xff, 0xff, 0xff, 1, 0, 0, 0,
    ]);
    expect([...encodeAddFd(2n, { flags: 3, source: 4, target: 5, targetFlags: 6 }, 'big')]).toEqual([
      0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6,
    ]);
  });
});
