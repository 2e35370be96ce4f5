import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../cli/scmp.js';

export interface ShellResult {
  status: number | null;
  /** Standard output and standard error as a terminal would show them. */
  output: string;
}

/** A folder of a user who has installed this package: `scmp` is on PATH, and scripts find `libseccomp-wasm`. */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'scmp-docs-'));
  readonly #bin = join(this.folder, '.bin');

  constructor() {
    mkdirSync(this.#bin);
    const command = join(this.#bin, 'scmp');
    writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${ROOT}dist/scmp.cjs' "$@"\n`);
    chmodSync(command, 0o755);
    mkdirSync(join(this.folder, 'node_modules'));
    symlinkSync(ROOT, join(this.folder, 'node_modules/libseccomp-wasm'));
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true });
    writeFileSync(join(this.folder, file), text);
  }

  /** Run lines as bash does that stops at the first mistake, in pipes too. A hang is a failure: all of it is killed. */
  shell(lines: string): ShellResult {
    const { status, stdout, error } = spawnSync(
      'timeout',
      ['-s', 'KILL', '25', 'bash', '-euo', 'pipefail', '-c', `exec 2>&1\n${lines}`],
      {
        cwd: this.folder,
        encoding: 'utf8',
        input: '',
        env: {
          ...process.env,
          PATH: `${this.#bin}:${process.env.PATH}:${ROOT}node_modules/.bin`,
          NO_COLOR: '1',
          LC_ALL: 'C.UTF-8',
        },
      },
    );
    if (error) throw error;
    return { status, output: stdout };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
