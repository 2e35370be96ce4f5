import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../cli/scmp.js';

/** The kernel's headers of wasm/linux.lock. A mirror may not have that release any more; build.sh says so. */
const HEADERS = join(ROOT, 'build/test-inputs/linux/arch');
const X86_64 = 'x86/include/uapi/asm/unistd_64.h';
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

describe.skipIf(!hasHeaders)('the whole table of system calls', () => {
  const folder = mkdtempSync(join(tmpdir(), 'compare-linux-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is that of the kernel's headers, on every architecture that they have", () => {
    const { status, lines } = compare();
    expect(lines).toEqual([
      expect.stringMatching(/^8\d{3} system calls of 22 architectures compared, 0 differ; not compared: s390$/),
    ]);
    expect(status).toBe(0);
  });

  it('would differ where a call came, went or moved', () => {
    cpSync(HEADERS, folder, { recursive: true });
    const header = join(folder, X86_64);
    const text = readFileSync(header, 'utf8')
      .replace('#define __NR_fchroot 472', '#define __NR_fchroot 473\n#define __NR_newest 474')
      .replace('#define __NR_uprobe 336\n', '');
    writeFileSync(header, text);
    const { status, lines } = compare(folder);
    expect(lines.slice(0, -1)).toEqual([
      'x86_64 missing: fchroot 473, is 472',
      'x86_64 missing: newest 474',
      'x86_64 extra: uprobe 336',
    ]);
    expect(status).toBe(1);
  });
});
