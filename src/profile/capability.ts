import { InvalidArgumentError } from '../errors.js';
import { quote } from './json-path.js';
import { nearestName } from './nearest-name.js';

/** capabilities(7), in the order of `linux/capability.h` (CAP_LAST_CAP is 40 since Linux 5.9). */
export const CAPABILITIES: readonly string[] = `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID
  SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO
  SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE
  AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF
  CHECKPOINT_RESTORE`
  .split(/\s+/)
  .map((name) => `CAP_${name}`);

/**
 * The capabilities a container is to have, as `docker run --cap-add` takes them: `CAP_` may be left out, case does not
 * matter, `all` is all of them. Raises {@link InvalidArgumentError} for a name Linux does not know.
 */
export function parseCapabilities(names: readonly string[]): ReadonlySet<string> {
  const capabilities = new Set<string>();
  for (const name of names) {
    const upper = name.toUpperCase();
    const capability = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
    if (upper === 'ALL' || upper === 'CAP_ALL') {
      for (const each of CAPABILITIES) capabilities.add(each);
    } else if (CAPABILITIES.includes(capability)) {
      capabilities.add(capability);
    } else {
      const nearest = nearestName(capability, CAPABILITIES);
      throw new InvalidArgumentError(
        `unknown capability ${quote(name)}; ${nearest ? `did you mean ${nearest}?` : 'see capabilities(7)'}`,
      );
    }
  }
  return capabilities;
}
