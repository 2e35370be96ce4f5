import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../cli/scmp.js';

/** What ./build.sh engines unpacked. */
export const ENGINES_FOLDER = join(ROOT, 'build/engines');
const BUSYBOX = '/bin/busybox';

/** Whether this machine can run engines: said loudly where it cannot, and an error in CI. */
export function canRunEngines(): boolean {
  const why = whyNot();
  if (why === undefined) return true;
  if (process.env.CI && process.arch === 'x64') throw new Error(`container engines cannot run: ${why}`);
  console.warn(`SKIPPED: container engines: ${why}`);
  return false;
}

function whyNot(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the packages are for Linux on x86-64';
  if (process.getuid?.() !== 0) return 'they run as root alone';
  if (!existsSync(join(ENGINES_FOLDER, 'usr/sbin/dockerd'))) return 'build/engines is missing: run ./build.sh engines';
  if (!existsSync(BUSYBOX)) return `${BUSYBOX} is missing (package busybox-static)`;
  if (spawnSync('runc', ['--version']).status !== 0) return 'runc is missing (package runc)';
  const unshared = spawnSync('unshare', [...NAMESPACES, 'mount', '-t', 'tmpfs', 'none', '/run'], { encoding: 'utf8' });
  return unshared.status === 0 ? undefined : `no namespaces here: ${unshared.stderr}`;
}

const NAMESPACES = ['--mount', '--pid', '--fork', '--cgroup', '--kill-child', '--propagation', 'private'];

/** What a command came to. */
export interface Ran {
  readonly status: number;
  readonly output: string;
}

/**
 * A place of its own for container engines: daemons, containers, mounts and sockets live in namespaces that end when
 * their first process does. It reads commands from a pipe of this process, so that it ends however this one ends.
 */
export class EngineHost {
  /** A folder that both sides see; all else that an engine writes goes to file systems in memory of its own. */
  readonly folder: string;
  readonly #init: ChildProcessWithoutNullStreams;
  readonly #cgroup: string | undefined;
  readonly #waiting = new Map<number, (status: number) => void>();
  readonly #ended: Promise<unknown>;
  #count = 0;

  constructor() {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'scmp-engines-')));
    this.#cgroup = ownCgroup();
    makeRootfs(join(this.folder, 'rootfs'));
    makePodmanSettings(this.folder);
    const enter = this.#cgroup === undefined ? '' : `echo $$ > ${this.#cgroup}/cgroup.procs;`;
    const script = join(this.folder, 'init.sh');
    writeFileSync(script, INIT);
    const env = {
      ...process.env,
      PATH: `${ENGINES_FOLDER}/usr/bin:${ENGINES_FOLDER}/usr/sbin:${process.env.PATH}`,
      LD_LIBRARY_PATH: LIBRARIES,
      CONTAINERS_CONF: join(this.folder, 'containers.conf'),
      CONTAINERS_STORAGE_CONF: join(this.folder, 'storage.conf'),
      NOTIFY_SOCKET: undefined,
    };
    const command = `${enter} exec unshare ${NAMESPACES.join(' ')} bash ${script}`;
    this.#init = spawn('bash', ['-c', command], { cwd: this.folder, env });
    this.#ended = once(this.#init, 'exit');
    this.#init.stderr.on('data', (data) => process.stderr.write(data));
    createInterface(this.#init.stdout).on('line', (line) => {
      const [id, status] = line.split(' ').map(Number);
      this.#waiting.get(id!)?.(status!);
      this.#waiting.delete(id!);
    });
    void this.#ended.then(() => {
      for (const done of this.#waiting.values()) done(-1);
    });
  }

  /** Run a command there, with nothing to read. */
  async run(command: readonly string[], options: { seconds?: number } = {}): Promise<Ran> {
    const { seconds = 30 } = options;
    const id = this.#count++;
    const output = join(this.folder, `${id}.log`);
    const status = await new Promise<number>((done) => {
      this.#waiting.set(id, done);
      const words = ['timeout', '-k', '1', String(seconds), ...command].map(quoteWord).join(' ');
      this.#init.stdin.write(`${id} ${quoteWord(output)} ${words}\n`);
    });
    return { status, output: existsSync(output) ? readFileSync(output, 'utf8') : '' };
  }

  /** As `run`; what fails is an error of the test. */
  async must(command: readonly string[]): Promise<string> {
    const { status, output } = await this.run(command);
    if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${output}`);
    return output;
  }

  /** Start what goes on running until the end. */
  daemon(command: readonly string[]): void {
    void this.run(command, { seconds: 600 });
  }

  async close(): Promise<void> {
    this.#init.stdin.end();
    await this.#ended;
    if (this.#cgroup !== undefined) removeCgroup(this.#cgroup);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const LIBRARIES = ['usr/lib', 'lib'].map((folder) => join(ENGINES_FOLDER, folder, 'x86_64-linux-gnu')).join(':');

const quoteWord = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/**
 * The first process of the namespaces. Only cgroup v2 is there, in the part that this process began in: crun takes no
 * mixture of both versions.
 */
const INIT = `
set -e
mount -t proc proc /proc
mount -t tmpfs none /run
mount -t tmpfs none /var/lib
umount -l -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p /run/lock
set +e
while read -r line; do
  eval "set -- \${line#* }"
  { output=$1; shift; "$@" >"$output" 2>&1 </dev/null; echo "\${line%% *} $?"; } &
done
`;

/** A cgroup for all that runs there, so that what engines make of them can be removed; undefined without cgroup v2. */
function ownCgroup(): string | undefined {
  const root = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((path) => existsSync(join(path, 'cgroup.procs')));
  if (root === undefined || !existsSync(join(root, 'cgroup.controllers'))) return undefined;
  // Of a test that was killed: without processes they can be removed.
  for (const name of readdirSync(root)) if (name.startsWith('scmp-engines-')) removeCgroup(join(root, name));
  const path = mkdtempSync(join(root, 'scmp-engines-'));
  return path;
}

function removeCgroup(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeCgroup(join(path, entry.name));
  }
  try {
    rmdirSync(path);
  } catch {
    // Another test is in it.
  }
}

function makeRootfs(path: string): void {
  for (const each of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp', 'run']) {
    mkdirSync(join(path, each), { recursive: true });
  }
  copyFileSync(BUSYBOX, join(path, 'bin/busybox'));
}

/**
 * Podman without what a plain virtual machine has not: limits beyond its own, and controllers of cgroup v2. It starts
 * runtimes without its own environment, so crun gets its library from a script.
 */
function makePodmanSettings(folder: string): void {
  const crun = join(folder, 'crun');
  writeFileSync(crun, `#!/bin/sh\nLD_LIBRARY_PATH=${LIBRARIES} exec ${ENGINES_FOLDER}/usr/bin/crun "$@"\n`, {
    mode: 0o755,
  });
  const shared = join(ENGINES_FOLDER, 'usr/share/containers');
  // What the distribution says where nobody says otherwise; the file below replaces its file.
  const [capabilities] = /^default_capabilities = \[[^\]]*\]/m.exec(
    readFileSync(join(shared, 'containers.conf'), 'utf8'),
  )!;
  writeFileSync(
    join(folder, 'containers.conf'),
    `[containers]
${capabilities}
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
pids_limit = 0
seccomp_profile = "${shared}/seccomp.json"
[network]
network_config_dir = "/run/cni"
[engine]
conmon_path = ["${ENGINES_FOLDER}/usr/bin/conmon"]
cgroup_manager = "cgroupfs"
events_logger = "none"
[engine.runtimes]
crun = ["${crun}"]
runc = ["/usr/sbin/runc"]
`,
  );
  writeFileSync(
    join(folder, 'storage.conf'),
    '[storage]\ndriver = "vfs"\ngraphroot = "/run/graph"\nrunroot = "/run/graph-run"\n',
  );
}
