import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dumpFilters } from '../../native-loader/install/dump-filters.js';
import { buildDecisionDiagram } from '../../src/bpf/decisions/decision-diagram.js';
import { DiagramStore, type Node } from '../../src/bpf/decisions/diagram-store.js';
import { Level } from '../../src/bpf/decisions/input-variables.js';
import { partition } from '../../src/bpf/decisions/partition.js';
import { stackDecisions } from '../../src/bpf/decisions/stack.js';
import { stackProgram } from '../../src/bpf/minimize/stack-program.js';
import { compileProfileSync } from '../../src/index.js';
import { isAtLeast, parseRelease } from '../../src/kernel-version.js';
import { SYSTEMD_VERSIONS, type SystemdVersion } from '../../src/profile/formats/systemd-versions.js';
import { readProfile } from '../../src/profile/index.js';
import { answersOf } from '../engines/ask.js';
import { WRITTEN_SHAPES } from '../engines/languages.js';

/** Where 262 is unpacked, by ./build.sh testinputs; 252 is this machine's own. */
const UNPACKED = join(process.cwd(), 'build/test-inputs/systemd-262');
const LIBRARIES = 'usr/lib/x86_64-linux-gnu';

/** A systemd whose filters are compared, with its groups. */
interface Manager {
  version: SystemdVersion;
  /** Before its path: '' where it is installed. */
  folder: string;
}

function managerOf(version: SystemdVersion): Manager {
  return { version, folder: version === '262' ? UNPACKED : '' };
}

const environment = ({ folder }: Manager) => (folder ? { LD_LIBRARY_PATH: join(folder, LIBRARIES) } : {});

/** The real systemd, as a user manager in a mount namespace where it thinks that it has booted the machine. */
const MANAGER = '/lib/systemd/systemd';

function whySkipped({ version, folder }: Manager): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'Linux on x86_64';
  if (process.getuid?.() !== 0) return 'root';
  if (folder) return existsSync(folder) ? undefined : `${folder}, which ./build.sh testinputs makes`;
  try {
    const found = /^systemd (\d+)/.exec(execFileSync(MANAGER, ['--version'], { encoding: 'utf8' }))?.[1];
    return found === version ? undefined : `systemd ${version}, and this is ${found}`;
  } catch {
    return `systemd ${version}`;
  }
}

/** The units, each with options that a manager of a user can apply. */
const UNITS: Readonly<Record<string, readonly string[]>> = {
  execution: ['MemoryDenyWriteExecute=yes'],
  execution_listed: ['SystemCallFilter=@system-service', 'MemoryDenyWriteExecute=yes'],
  realtime: ['RestrictRealtime=yes'],
  realtime_listed: ['SystemCallFilter=@system-service', 'RestrictRealtime=1'],
  suid: ['RestrictSUIDSGID=yes'],
  suid_logged: ['SystemCallFilter=@system-service', 'RestrictSUIDSGID=yes', 'SystemCallLog=openat chmod'],
  namespaces: ['RestrictNamespaces=yes'],
  namespaces_listed: ['SystemCallFilter=@system-service', 'RestrictNamespaces=yes'],
  namespaces_some: ['RestrictNamespaces=net user'],
  namespaces_some_listed: ['SystemCallFilter=@system-service', 'RestrictNamespaces=net', 'RestrictNamespaces=user pid'],
  namespaces_but: ['RestrictNamespaces=~user', 'RestrictNamespaces=~net'],
  namespaces_time: ['RestrictNamespaces=time', 'SystemCallFilter=@system-service'],
  namespaces_yes_but: ['RestrictNamespaces=yes', 'RestrictNamespaces=net'],
  families: ['RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6'],
  families_listed: [
    'SystemCallFilter=@system-service',
    'RestrictAddressFamilies=AF_UNIX',
    'RestrictAddressFamilies=AF_NETLINK',
  ],
  families_but: ['RestrictAddressFamilies=~AF_PACKET AF_NETLINK', 'RestrictAddressFamilies=AF_NETLINK'],
  families_none: ['RestrictAddressFamilies=none', 'SystemCallFilter=@system-service'],
  personality: ['LockPersonality=yes'],
  personality_x86: ['LockPersonality=yes', 'Personality=x86', 'SystemCallFilter=@system-service'],
  devices: ['PrivateDevices=yes'],
  hostname_own: ['ProtectHostname=private', 'RestrictRealtime=yes'],
  hostname: ['ProtectHostname=yes', 'SystemCallFilter=@system-service sethostname'],
  clock: ['ProtectClock=yes', 'SystemCallFilter=~settimeofday', 'SystemCallErrorNumber=EACCES'],
  dynamic: ['DynamicUser=yes', 'RestrictSUIDSGID=no'],
  native: ['SystemCallArchitectures=native', 'RestrictAddressFamilies=AF_UNIX', 'MemoryDenyWriteExecute=yes'],
  all: [
    ...['SystemCallFilter=@system-service', 'SystemCallFilter=~@privileged', 'SystemCallErrorNumber=EPERM'],
    ...[
      'RestrictAddressFamilies=AF_UNIX',
      'MemoryDenyWriteExecute=yes',
      'RestrictRealtime=yes',
      'RestrictSUIDSGID=yes',
    ],
    ...['RestrictNamespaces=yes', 'LockPersonality=yes', 'PrivateDevices=yes', 'SystemCallLog=@file-system'],
  ],
};

/** The shapes of docs/field/runtimes.md that a unit can have. */
const SHAPES = WRITTEN_SHAPES.filter(({ texts }) => texts.systemd !== undefined);

const MANAGERS = SYSTEMD_VERSIONS.map(managerOf);
for (const each of MANAGERS) {
  const lacking = whySkipped(each);
  if (lacking) console.warn(`systemd-units.test.ts skips systemd ${each.version}: it takes ${lacking}`);
}

describe.each(MANAGERS)('what a real systemd $version installs for a unit', (tried) => {
  if (whySkipped(tried)) return it.skip('is not here', () => {});
  const { version, folder } = tried;
  const directory = mkdtempSync(join(tmpdir(), 'systemd-units-'));
  let manager: ChildProcess;
  let systemctl: (...args: string[]) => string;

  beforeAll(async () => {
    for (const [name, lines] of Object.entries(UNITS)) writeFileSync(join(directory, `${name}.service`), text(lines));
    for (const [index, { texts }] of SHAPES.entries())
      writeFileSync(join(directory, `shape_${index}.service`), text([texts.systemd!]));
    const script = [
      'mount --make-rprivate /',
      'mount -t tmpfs tmpfs /run',
      'mkdir -p /run/systemd/system /run/own',
      ...(folder
        ? [
            `mount --bind ${folder}/usr/lib/systemd /usr/lib/systemd`,
            `mount --bind ${folder}/${LIBRARIES}/systemd /${LIBRARIES}/systemd`,
            // Since 258 it starts with nothing else.
            'mount -t cgroup2 cgroup2 /sys/fs/cgroup',
          ]
        : []),
      'echo $$',
      `exec ${MANAGER} --user >/dev/null 2>&1`,
    ].join(' && ');
    const env = {
      PATH: process.env.PATH,
      ...environment(tried),
      HOME: directory,
      XDG_RUNTIME_DIR: '/run/own',
      // The colon: besides the usual ones.
      SYSTEMD_UNIT_PATH: `${directory}:`,
      SYSTEMD_LOG_TARGET: 'null',
    };
    manager = spawn('unshare', ['--mount', 'sh', '-c', script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    systemctl = (...args) =>
      execFileSync(
        'nsenter',
        ['--mount', `--target=${manager.pid}`, `${folder}/usr/bin/systemctl`, '--user', ...args],
        {
          env,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
    for (let tries = 0; tries < 200 && !attempt(() => systemctl('show', '--property=Version')); tries++)
      await sleep(100);
  }, 30_000);

  afterAll(() => {
    manager?.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  /** The filters of a unit's process. */
  async function installedFor(unit: string): Promise<Uint8Array[]> {
    systemctl('start', unit);
    const pid = Number(systemctl('show', '--property=MainPID', '--value', unit));
    try {
      // It is systemd's own process until the filters are installed.
      const isStarted = () => readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('/bin/sleep');
      for (let tries = 0; !isStarted() && tries < 100; tries++) await sleep(50);
      expect(isStarted()).toBe(true);
      return dumpFilters(pid);
    } finally {
      systemctl('kill', '--signal=SIGKILL', unit);
    }
  }

  // A manager of a user takes no DynamicUser= since 253; 252 takes no ProtectHostname=private.
  const units = Object.keys(UNITS)
    .filter((name) => version === '252' || name !== 'dynamic')
    .filter((name) => version !== '252' || name !== 'hostname_own');
  it.each(units)('%s', { timeout: 30_000 }, async (name) => {
    const installed = await installedFor(`${name}.service`);
    const lines = UNITS[name]!.filter((line) => version === '252' || !isOfKernel(line));
    if (lines.length === 0) {
      expect(installed).toEqual([]);
      return;
    }
    expect(installed.length).toBeGreaterThan(0);
    const profile = readProfile(text(lines), { systemd: version });
    const { program } = compileProfileSync(profile, { arch: 'x86_64', libseccompVersion: '2.5.4' });
    const store = new DiagramStore();
    const [theirs, ours] = [stackDecisions(installed, { store }), buildDecisionDiagram(program, { store })];
    // Nothing is said there about the calls of another machine's architecture.
    for (const arch of [0xc000003e, 0x40000003]) {
      const isFiltered = arch === 0xc000003e || name !== 'native';
      if (isFiltered)
        expect(numbersThatDiffer(store, at(store, ours.root, arch), at(store, theirs.root, arch))).toEqual([]);
    }
  });

  it.each(SHAPES.map((shape, index) => [shape.what, index, shape] as const))(
    'a shape: %s',
    { timeout: 30_000 },
    async (_, index, shape) => {
      const installed = await installedFor(`shape_${index}.service`);
      const program = stackProgram(installed, [0xc000003e], { endianness: 'little' });
      expect(answersOf(shape, program)).toBe(shape.answers.systemd);
    },
  );
});

/** What 262 leaves to the kernel, from Linux 6.3 on: there is no filter, and the same is refused. */
function isOfKernel(line: string): boolean {
  return line === 'MemoryDenyWriteExecute=yes' && isAtLeast(parseRelease(release())!, { version: 6, revision: 3 });
}

const text = (lines: readonly string[]) => ['[Service]', 'ExecStart=/bin/sleep 60', ...lines, ''].join('\n');

function attempt<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

function at(store: DiagramStore, root: Node, arch: number): Node {
  return partition(store, root, Level.ARCH).find(({ from, to }) => from <= arch && arch <= to)!.node;
}

/** x32's map_shadow_stack, of later libseccomps than Debian 12's: a Linux of then had it (docs/runtimes.md). */
const LATER = 0x40000000 + 453;

function numbersThatDiffer(store: DiagramStore, one: Node, other: Node): number[] {
  const [a, b] = [one, other].map((node) => partition(store, node, Level.NR));
  const nodeOf = (parts: typeof a, number: number) =>
    parts!.find(({ from, to }) => from <= number && number <= to)!.node;
  const numbers = new Set([...a!, ...b!].flatMap(({ from, to }) => [from, to]));
  return [...numbers].filter((number) => nodeOf(a, number) !== nodeOf(b, number) && number !== LATER);
}
