import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { dumpFilters } from '../../native-loader/index.js';
import type { RuntimeName } from '../../src/compiler/runtime.js';
import { processOf } from '../process-of.js';
import type { EngineHost } from './host.js';

/** A container to start. */
export interface Start {
  /** The file that the engine is given; undefined: its own default. */
  readonly profile?: string | undefined;
  readonly addCapabilities?: readonly string[] | undefined;
}

/** A way to start a container, and what `scmp` is told to make the same filter. */
export interface Engine {
  readonly name: string;
  readonly runtime: RuntimeName;
  /** As `--cap`. */
  readonly capabilities: readonly string[];
  /** What it takes: Docker's format, the runtime spec's, or a compiled program. */
  readonly takes: 'docker' | 'oci' | 'program';
  /** Whether what loads the filter is its descendant, and no daemon's: then the flags are seen. */
  readonly isParent?: true;
  /** What tells the version. */
  readonly version: readonly string[];
  /** Once, before the first container. */
  setUp?(host: EngineHost): Promise<void>;
  /** The command that starts a container in the background. */
  start(host: EngineHost, start: Start, id: string, command: readonly string[]): readonly string[];
}

const DOCKER = 'unix:///run/docker.sock';
const CONTAINERD = '/run/docker-exec/containerd/containerd.sock';
const rootfs = (host: EngineHost): string => join(host.folder, 'rootfs');

async function startDocker(host: EngineHost): Promise<void> {
  const off = ['bridge=none', ...['iptables', 'ip6tables', 'ip-forward', 'ip-masq'].map((each) => `${each}=false`)];
  const places = ['data-root=/run/docker-data', 'exec-root=/run/docker-exec', 'pidfile=/run/docker.pid'];
  const settings = [...off, ...places, `host=${DOCKER}`, 'storage-driver=vfs', 'userland-proxy=false'];
  host.daemon(['dockerd', ...settings.map((each) => `--${each}`)]);
  const tries = 'for i in $(seq 200); do docker -H $0 version && exit; sleep 0.1; done; exit 1';
  await host.must(['sh', '-c', tries, DOCKER]);
  await host.must(['sh', '-c', `tar -C "$1" -c . | docker -H $0 import - scmp`, DOCKER, rootfs(host)]);
}

const docker: Engine = {
  name: 'docker',
  runtime: 'runc-1.1',
  capabilities: ['docker'],
  takes: 'docker',
  version: ['docker', '-H', DOCKER, 'version', '--format', '{{.Server.Version}}'],
  setUp: startDocker,
  start: (_host, { profile, addCapabilities = [] }, id, command) => [
    ...['docker', '-H', DOCKER, 'run', '-d', '--network=none', `--name=${id}`],
    ...(profile === undefined ? [] : [`--security-opt=seccomp=${profile}`]),
    ...addCapabilities.map((each) => `--cap-add=${each}`),
    ...['scmp', ...command],
  ],
};

/** containerd's own client, with the containerd that Docker's daemon started. */
const containerd: Engine = {
  name: 'containerd',
  runtime: 'runc-1.1',
  capabilities: ['kubernetes'],
  takes: 'oci',
  version: ['containerd', '--version'],
  start: (host, { profile, addCapabilities = [] }, id, command) => [
    // There is no such controller on a plain virtual machine.
    ...['ctr', '-a', CONTAINERD, 'run', '-d', '--cpu-shares=0', '--seccomp'],
    ...(profile === undefined ? [] : [`--seccomp-profile=${profile}`]),
    ...addCapabilities.map((each) => `--cap-add=CAP_${each}`),
    ...['--rootfs', rootfs(host), id, ...command],
  ],
};

const podman = (runtime: 'crun' | 'runc'): Engine => ({
  name: `podman-${runtime}`,
  runtime: runtime === 'crun' ? 'crun' : 'runc-1.1',
  capabilities: ['podman'],
  takes: 'docker',
  isParent: true,
  version: ['podman', '--version'],
  start: (host, { profile, addCapabilities = [] }, id, command) => [
    ...['podman', `--runtime=${runtime}`, 'run', '-d', '--network=none', `--name=${id}`],
    // crun would raise a limit for its filter of devices, which root of a virtual machine may not; runc needs cgroups.
    ...(runtime === 'crun' ? ['--cgroups=disabled'] : []),
    ...(profile === undefined ? [] : [`--security-opt=seccomp=${profile}`]),
    ...addCapabilities.map((each) => `--cap-add=${each}`),
    ...['--rootfs', rootfs(host), ...command],
  ],
});

/** Docker's default set, without which a bundle's conditions would have nothing to look at. */
const BUNDLE_CAPABILITIES =
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE';

function writeBundle(host: EngineHost, { profile }: Start, id: string, command: readonly string[]): string {
  const folder = join(host.folder, `bundle-${id}`);
  const set = BUNDLE_CAPABILITIES.split(' ').map((each) => `CAP_${each}`);
  const mount = (destination: string, type: string) => ({ destination, type, source: type, options: [] });
  const config = {
    ociVersion: '1.0.2',
    process: {
      user: { uid: 0, gid: 0 },
      args: command,
      env: ['PATH=/bin'],
      cwd: '/',
      capabilities: { bounding: set, effective: set, permitted: set },
      noNewPrivileges: true,
    },
    root: { path: rootfs(host) },
    mounts: [mount('/proc', 'proc'), mount('/dev', 'tmpfs')],
    linux: {
      namespaces: ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
      ...(profile === undefined ? {} : { seccomp: 'PROFILE' }),
    },
  };
  mkdirSync(folder);
  // As it is: some of its numbers are none of JavaScript's.
  const text = profile === undefined ? '' : readFileSync(profile, 'utf8');
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify(config).replace('"PROFILE"', () => text),
  );
  return folder;
}

const runc: Engine = {
  name: 'runc',
  isParent: true,
  runtime: 'runc-1.1',
  capabilities: ['docker'],
  takes: 'oci',
  version: ['runc', '--version'],
  start: (host, start, id, command) => {
    const bundle = writeBundle(host, start, id, command);
    return ['runc', 'run', '-d', '--no-pivot', '--bundle', bundle, id];
  },
};

const crun: Engine = {
  name: 'crun',
  isParent: true,
  runtime: 'crun',
  capabilities: ['docker'],
  takes: 'oci',
  version: ['crun', '--version'],
  start: (host, start, id, command) => {
    const bundle = writeBundle(host, start, id, command);
    return ['crun', '--cgroup-manager=disabled', 'run', '-d', '--bundle', bundle, id];
  },
};

/** It takes a program, and installs it as it is. */
const bubblewrap: Engine = {
  name: 'bubblewrap',
  runtime: 'libseccomp',
  capabilities: [],
  takes: 'program',
  version: ['bwrap', '--version'],
  start: (_host, { profile }, _id, command) => [
    ...['sh', '-c', 'exec 3<"$0"; bwrap "$@" &', profile ?? '/dev/null'],
    ...(profile === undefined ? [] : ['--seccomp', '3']),
    ...['--bind', '/', '/', ...command],
  ],
};

/** Those of Debian 12 that run containers. Docker's comes first: it starts containerd. */
export const ENGINES: readonly Engine[] = [docker, containerd, podman('crun'), podman('runc'), runc, crun, bubblewrap];

/** What a started container came to: its filters, in the order in which they were installed, or what was said. */
export type Started =
  | {
      readonly filters: readonly Uint8Array[];
      /** The bounding set, a bit each, in the order of capabilities(7)'s numbers. */
      readonly capabilities: bigint;
    }
  | { readonly refusal: string };

let count = 0;

/** Start a container, read its filters, and end it. It runs a command of BusyBox's shell first. */
export async function startContainer(host: EngineHost, engine: Engine, start: Start, first?: string): Promise<Started> {
  const id = `scmp-${process.pid}-${++count}`;
  const command = ['/bin/busybox', 'sleep', `${process.pid}${String(count).padStart(3, '0')}`];
  const shell = ['/bin/busybox', 'sh', '-c', `${first}; exec ${command.join(' ')}`];
  const { status, output } = await host.run(engine.start(host, start, id, first === undefined ? command : shell));
  if (status !== 0) return { refusal: output.trim() };
  for (let tries = 0; tries < 100; tries++) {
    const pid = processOf(command);
    if (pid !== undefined) {
      const filters = dumpFilters(pid);
      const [, capabilities] = /^CapBnd:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      process.kill(pid, 'SIGKILL');
      return { filters, capabilities: BigInt(`0x${capabilities}`) };
    }
    await setTimeout(20);
  }
  return { refusal: `nothing runs: ${output.trim()}` };
}

/** The flags of seccomp(2) with which a runtime loads a filter, without their prefix: strace sees the call. */
export async function startedFlags(host: EngineHost, engine: Engine, start: Start): Promise<string[]> {
  const id = `scmp-${process.pid}-${++count}`;
  const trace = join(host.folder, `${id}.strace`);
  const command = engine.start(host, start, id, ['/bin/busybox', 'true']).filter((word) => word !== '-d');
  await host.run(['strace', '-f', '-o', trace, '-e', 'trace=seccomp,prctl', ...command]);
  const load = /prctl\(PR_SET_SECCOMP, SECCOMP_MODE_FILTER|seccomp\(SECCOMP_SET_MODE_FILTER, ([^,]+), \{len=/;
  const loads = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => load.test(line) && !line.includes('= -1'));
  const [, words = '0'] = load.exec(loads.at(-1) ?? '') ?? [];
  if (loads.length === 0) throw new Error(`${engine.name} loads no filter`);
  return words.split('|').flatMap((word) => (word === '0' ? [] : [word.replace('SECCOMP_FILTER_FLAG_', '')]));
}
