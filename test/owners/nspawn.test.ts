import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dumpFilters } from '../../native-loader/index.js';
import { stackProgram } from '../../src/bpf/minimize/stack-program.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { SYSTEMD_VERSIONS } from '../../src/profile/formats/systemd-versions.js';
import { readProfile } from '../../src/profile/index.js';
import { processOf } from '../process-of.js';
import { differences, hasOwner, scratchFolder } from './owner.js';

// What systemd-nspawn makes of a .nspawn file, and what we do: docs/formats.md has the differences.

const BUSYBOX = '/usr/bin/busybox';
const hasNspawn = hasOwner('systemd-nspawn', 'systemd-container') && hasOwner(BUSYBOX, 'busybox-static') && isRoot();
const SETTINGS = '/run/systemd/nspawn';
/** Where ./build.sh testinputs unpacks 262; 252 is this machine's own. */
const UNPACKED = join(process.cwd(), 'build/test-inputs/systemd-262');
/** Since 258 it starts with the newer control groups alone, and it wants a /run in memory. */
const OWN_PLACE = `mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -p ${SETTINGS} &&
  mount -t cgroup2 cgroup2 /sys/fs/cgroup && printf %s "$TEXT" >"$FILE" && exec "$@"`;
const ARCHITECTURES = [0xc000003e, 0x40000003];

/** What is in the table of docs/formats.md: other architectures, and uretprobe and x32's map_shadow_stack of later libseccomps. */
const EXPLAINED = [/^others /, /^\w+ (?:335|1073742159|1073742277)-\d+: .* theirs ERRNO\(ENOSYS\)$/];

function libraries(folder: string): string {
  const all = join(folder, 'usr/lib/x86_64-linux-gnu');
  return `${join(all, 'systemd')}:${all}`;
}

function isRoot(): boolean {
  if (process.getuid?.() === 0) return true;
  console.warn('SKIPPED: systemd-nspawn runs as root alone');
  return false;
}

describe.skipIf(!hasNspawn).each(SYSTEMD_VERSIONS)('systemd-nspawn %s', (version) => {
  const unpacked = version === '252' ? '' : UNPACKED;
  if (unpacked && !existsSync(unpacked)) {
    console.warn(`SKIPPED: systemd-nspawn ${version}: there is no ${unpacked}, which ./build.sh testinputs makes`);
    return it.skip('is not here', () => {});
  }
  const env = { ...process.env, ...(unpacked ? { LD_LIBRARY_PATH: libraries(unpacked) } : {}) };
  const folder = scratchFolder('nspawn');
  const name = `scmp-${process.pid}`;
  beforeAll(() => {
    for (const each of ['bin', 'usr', 'etc', 'proc', 'sys', 'dev', 'tmp', 'run', 'var', 'root']) {
      mkdirSync(join(folder.path, each));
    }
    copyFileSync(BUSYBOX, join(folder.path, 'bin/busybox'));
    writeFileSync(join(folder.path, 'etc/os-release'), 'ID=scmp\n');
    mkdirSync(SETTINGS, { recursive: true });
  });
  afterAll(() => {
    rmSync(join(SETTINGS, `${name}.nspawn`), { force: true });
    folder.remove();
  });

  /** What the filters of a container with these settings decide together. */
  async function filtersOf(settings: string): Promise<Uint8Array> {
    writeFileSync(join(SETTINGS, `${name}.nspawn`), settings);
    const seconds = `${1000 + Math.floor(process.uptime() * 1000)}`;
    const args = ['-q', '--register=no', '--keep-unit', '--settings=yes', '-M', name, '-D', folder.path];
    const nspawn = [`${unpacked}/usr/bin/systemd-nspawn`, ...args, '/bin/busybox', 'sleep', seconds];
    const [command = '', ...rest] = unpacked ? ['unshare', '--mount', 'sh', '-c', OWN_PLACE, 'sh', ...nspawn] : nspawn;
    const own = unpacked ? { FILE: join(SETTINGS, `${name}.nspawn`), TEXT: settings } : {};
    const child = spawn(command, rest, { stdio: 'ignore', env: { ...env, ...own } });
    const ended = once(child, 'exit');
    let pid: number | undefined;
    try {
      for (let tries = 0; tries < 200 && pid === undefined; tries++) {
        await setTimeout(50);
        pid = processOf(['/bin/busybox', 'sleep', seconds]);
      }
      if (pid === undefined) throw new Error('the container does not start');
      return stackProgram(dumpFilters(pid), ARCHITECTURES, { endianness: 'little' });
    } finally {
      // Its first process: the container ends with it, and systemd-nspawn, which leaves it running when it is killed itself.
      if (pid === undefined) child.kill('SIGKILL');
      else process.kill(pid, 'SIGKILL');
      await ended;
    }
  }

  it.each([
    '[Exec]\n',
    '[Exec]\nSystemCallFilter=@keyring kexec_load\nSystemCallFilter=~@mount @privileged chown\nCapability=CAP_SYS_TIME\nDropCapability=CAP_SYS_BOOT\n',
    '[Exec]\nCapability=all\nDropCapability=CAP_SYSLOG\nSystemCallFilter=~socket personality\n',
  ])('decides every call as %j says', async (settings) => {
    const { program } = compileProfileSync(readProfile(settings, { systemd: version }), {
      arch: 'x86_64',
      unknownSyscall: 'ignore',
      libseccompVersion: '2.5.4',
    });
    const found = differences(program, await filtersOf(settings));
    expect(found.filter((each) => !EXPLAINED.some((pattern) => pattern.test(each)))).toEqual([]);
  });
});
