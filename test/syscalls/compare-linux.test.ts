import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../cli/scmp.js';

/** The kernel's headers of wasm/linux.lock. A mirror may not have that release any more; build.sh says so. */
const HEADERS = join(ROOT, 'build/test-inputs/linux');
const X86_64 = 'arch/x86/include/uapi/asm/unistd_64.h';
const PRCTL = 'include/uapi/linux/prctl.h';
const hasHeaders = existsSync(join(HEADERS, X86_64));
if (!hasHeaders)
  console.warn('SKIPPED: the mirror lacks the Linux of wasm/linux.lock; its table was compared with nothing');

function compare(...args: string[]) {
  const { status, stdout } = spawnSync(process.execPath, ['scripts/compare-linux.mjs', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { status, lines: stdout.trimEnd().split('\n') };
}

describe.skipIf(!hasHeaders)('all system calls, and constants', () => {
  const folder = mkdtempSync(join(tmpdir(), 'compare-linux-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are those of the kernel's headers, on every architecture that they have", () => {
    const { status, lines } = compare();
    expect(lines).toEqual([
      expect.stringMatching(/^8\d{3} system calls of 22 architectures compared, 0 differ; not compared: s390$/),
      expect.stringMatching(/^\d{3,4} constants of \d\d kinds compared by name, 0 missing$/),
    ]);
    expect(status).toBe(0);
  });

  it('would differ where a call came, went or moved, or a constant came', () => {
    cpSync(HEADERS, folder, { recursive: true });
    const header = join(folder, X86_64);
    const text = readFileSync(header, 'utf8')
      .replace('#define __NR_fchroot 472', '#define __NR_fchroot 473\n#define __NR_newest 474')
      .replace('#define __NR_uprobe 336\n', '');
    writeFileSync(header, text);
    const prctl = join(folder, PRCTL);
    writeFileSync(prctl, `${readFileSync(prctl, 'utf8')}#define PR_SET_NEWEST 9999\n`);
    const { status, lines } = compare(folder);
    expect(lines.filter((line) => !line.includes(' compared'))).toEqual([
      'x86_64 missing: fchroot 473, is 472',
      'x86_64 missing: newest 474',
      'x86_64 extra: uprobe 336',
      'constants missing: PR_SET_NEWEST of linux/prctl.h',
    ]);
    expect(status).toBe(1);
  });
});
