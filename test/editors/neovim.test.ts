import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../cli/scmp.js';
import { isOnPath } from '../on-path.js';

/** Neovim of the distribution; said loudly where it is missing, and an error in CI. */
function hasNeovim(): boolean {
  if (isOnPath('nvim')) return true;
  const what = 'nvim is missing (package neovim)';
  if (process.env.CI && process.platform === 'linux') throw new Error(`${what}: ./build.sh --test installs it`);
  console.warn(`SKIPPED: ${what}`);
  return false;
}

describe.runIf(hasNeovim())('the lines for Neovim in docs/editors.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scmp-nvim-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const page = readFileSync(`${ROOT}docs/editors.md`, 'utf8');
  const [, lines = ''] = /## Neovim[\s\S]*?```lua\n([\s\S]*?)```/.exec(page) ?? [];
  writeFileSync(join(folder, 'init.lua'), lines);
  writeFileSync(join(folder, 'scmp'), `#!/bin/sh\nexec '${process.execPath}' '${ROOT}dist/scmp.cjs' "$@"\n`);
  chmodSync(join(folder, 'scmp'), 0o755);

  const edit = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    const { status, stdout, stderr } = spawnSync(
      'nvim',
      ['--headless', '--clean', '-u', join(folder, 'init.lua'), name, '-c', `luafile ${ROOT}test/editors/neovim.lua`],
      {
        cwd: folder,
        encoding: 'utf8',
        timeout: 150_000,
        env: { ...process.env, PATH: `${folder}:${process.env.PATH}`, HOME: folder, XDG_STATE_HOME: folder },
      },
    );
    expect({ status, stderr: stderr.slice(0, 2000) }).toMatchObject({ status: 0 });
    return {
      told: JSON.parse(stdout),
      text: readFileSync(join(folder, name), 'utf8'),
    };
  };

  it('show what is wrong in JSON, apply a fix and lay it out', { timeout: 180_000 }, () => {
    const profile = `{
  "defaultAction": "SCMP_ACT_ERRNO",
  "architectures": ["SCMP_ARCH_X86_64"],
  "syscalls": [{ "names": ["read"],   "action": "SCMP_ACT_ALOW" }]
}
`;
    const { told, text } = edit('seccomp.json', profile);
    expect(told.filetype).toBe('json');
    expect(told.before[0]).toContain('SCMP_ACT_ALOW');
    expect(text).toContain('[{ "names": ["read"], "action": "SCMP_ACT_ALLOW" }]');
  });

  it('know a file by its name', { timeout: 180_000 }, () => {
    const { told, text } = edit('web.kafel', 'ALLOW {\nreadd\n}\nDEFAULT KILL\n');
    expect(told.filetype).toBe('seccomp-kafel');
    expect(text).toBe('ALLOW {\n  read\n}\nDEFAULT KILL\n');
  });
});
