import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileShared, readProgram } from './owner.js';

/** A program of an owner's, or what it says where it refuses the text. */
export type Made = Uint8Array | string;

/** LXC's programs of policies: a library in front of libseccomp writes them down. */
export function lxcCompiler(folder: string): (policy: string) => Made {
  const preloaded = compileShared('lxc-filter.c', folder);
  mkdirSync(join(folder, 'containers'));
  writeFileSync(join(folder, 'config'), `lxc.seccomp.profile = ${join(folder, 'policy')}\n`);
  return (policy) => {
    const output = join(folder, 'program');
    rmSync(output, { force: true });
    writeFileSync(join(folder, 'policy'), policy);
    const args = ['-n', 'scmp', '-P', join(folder, 'containers'), '-f', join(folder, 'config')];
    const { stderr } = spawnSync('lxc-execute', [...args, '--', '/bin/true'], {
      env: { ...process.env, LD_PRELOAD: preloaded, SCMP_OUT: output },
      timeout: 30_000,
    });
    const said = stderr.toString();
    return said.includes('Failed to read seccomp policy') ? said : readProgram(output);
  };
}

export const SNAP_SECCOMP = '/usr/lib/snapd/snap-seccomp';

/** snap-seccomp's programs of templates. */
export function snapCompiler(folder: string): (template: string) => Made {
  return (template) => {
    const [input, output] = [join(folder, 'template'), join(folder, 'template-program')];
    rmSync(output, { force: true });
    writeFileSync(input, template);
    const { status, stderr } = spawnSync(SNAP_SECCOMP, ['compile', input, output]);
    return status === 0 ? readProgram(output) : stderr.toString();
  };
}
