import { InvalidArgumentError } from '../../errors.js';
import { nearestName } from '../../nearest-name.js';
import { quote } from '../../text.js';

/** capabilities(7), in the order of `linux/capability.h` (CAP_LAST_CAP is 40 since Linux 5.9). */
export const CAPABILITIES: readonly string[] =
  fullNames(`CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID
  SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO
  SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE
  AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF
  CHECKPOINT_RESTORE`);

/**
 * The capabilities that engines give a container by default, by the name that `--cap` takes. docs/runtimes.md says
 * which versions were run or read.
 */
export const CAPABILITY_SETS = {
  none: [],
  // moby/moby, oci/caps/defaults.go
  docker:
    fullNames(`CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT
    KILL AUDIT_WRITE`),
  // containers/common, pkg/config/default.go, DefaultCapabilities; the distributions' containers.conf has the
  // same. Podman 4.3.1 without such a file gives Docker's set (run).
  podman: fullNames('CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'),
  // Kubernetes leaves it to the runtime: containerd's (oci/spec.go, defaultUnixCaps). CRI-O's is smaller.
  kubernetes: fullNames(`CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE
    SYS_CHROOT KILL AUDIT_WRITE`),
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type CapabilitySet = keyof typeof CAPABILITY_SETS;

const SETS: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(CAPABILITY_SETS));

function fullNames(list: string): readonly string[] {
  return list.split(/\s+/).map((name) => `CAP_${name}`);
}

/**
 * The capabilities of a container, as `docker run --cap-add` takes them: `CAP_` is optional, and case does not matter.
 * `all` is all of them, and an engine's name is its default set ({@link CAPABILITY_SETS}).
 *
 * @throws {InvalidArgumentError} when Linux does not know a name, or `none` is beside others
 */
export function parseCapabilities(names: readonly string[]): ReadonlySet<string> {
  const capabilities = new Set<string>();
  for (const name of names) {
    if (typeof name !== 'string')
      throw new InvalidArgumentError(`a capability is given by its name, not as ${typeof name}`);
    const set = SETS.get(name.toLowerCase());
    if (set) {
      if (set.length === 0 && names.length > 1) {
        throw new InvalidArgumentError('the capabilities "none" contradict the others that are named');
      }
      for (const each of set) capabilities.add(each);
      continue;
    }
    const upper = name.toUpperCase();
    const capability = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
    if (upper === 'ALL' || upper === 'CAP_ALL') {
      for (const each of CAPABILITIES) capabilities.add(each);
    } else if (CAPABILITIES.includes(capability)) {
      capabilities.add(capability);
    } else {
      const nearest = nearestName(name.toLowerCase(), [...SETS.keys()]) ?? nearestName(capability, CAPABILITIES);
      throw new InvalidArgumentError(
        `unknown capability ${quote(name)}; ${nearest ? `did you mean ${nearest}?` : `see capabilities(7); sets are ${[...SETS.keys()].join(', ')}`}`,
      );
    }
  }
  return capabilities;
}
