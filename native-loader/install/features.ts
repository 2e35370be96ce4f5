import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import type { ArchitectureName } from '../../src/architecture.js';
import { hostArchitecture } from '../libc/host.js';
import { errnoName, libc } from '../libc/libc.js';
import {
  ACTIONS,
  INSTALL_FLAGS,
  type InstallFlag,
  type KernelAction,
  SECCOMP_GET_ACTION_AVAIL,
  SECCOMP_GET_NOTIF_SIZES,
  SECCOMP_SET_MODE_STRICT,
} from '../libc/seccomp-abi.js';
import { supportsFlag } from './probe.js';

export interface SeccompFeatures {
  /** `uname -r` */
  kernel: string;
  /** What this process makes system calls as. */
  architecture: ArchitectureName;
  /** Whether seccomp(2) is there and not forbidden; where false, the fields down to `notifSizes` say nothing more. */
  seccomp: boolean;
  /** Which `SECCOMP_RET_…` actions the kernel knows (all false before Linux 4.14, which cannot be asked). */
  actions: Record<KernelAction, boolean>;
  flags: Record<InstallFlag, boolean>;
  /** Sizes in bytes of the kernel's `struct seccomp_notif`, `seccomp_notif_resp` and `seccomp_data`; null: no NOTIFY. */
  notifSizes: { notif: number; response: number; data: number } | null;
  /** The sysctl kernel.seccomp.actions_logged; null where /proc does not have it. */
  actionsLogged: string[] | null;
  /** This process (its main thread), from /proc/self/status; null where the file does not say. */
  process: { noNewPrivs: boolean | null; mode: 'disabled' | 'strict' | 'filter' | null; filters: number | null };
}

/**
 * Ask the running kernel what it can do. Installs nothing.
 *
 * @throws {UnsupportedHostError} when this is not Linux, or there is no koffi; never for want of seccomp(2)
 *
 * @example
 * ```js
 * import { seccompFeatures } from 'libseccomp-wasm/loader';
 *
 * const { seccomp, actions } = seccompFeatures();
 * console.log(seccomp, actions.ERRNO); // true true
 * ```
 */
export function seccompFeatures(): SeccompFeatures {
  const c = libc();
  const status = readProc('/proc/self/status') ?? '';
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\d+)$`, 'm').exec(status)?.[1];
  const noNewPrivs = field('NoNewPrivs');
  const filters = field('Seccomp_filters');
  const sizes = new Uint16Array(3);
  return {
    kernel: release(),
    architecture: hostArchitecture(),
    // Strict mode takes no flags: a kernel that has the system call answers EINVAL and changes nothing.
    seccomp: errnoName(-c.seccomp(SECCOMP_SET_MODE_STRICT, 1, null)) === 'EINVAL',
    actions: mapValues(
      ACTIONS,
      (action) => c.seccomp(SECCOMP_GET_ACTION_AVAIL, 0, new Uint8Array(Uint32Array.of(action).buffer)) === 0,
    ),
    flags: mapValues(INSTALL_FLAGS, (_, flag) => supportsFlag(c, flag)),
    notifSizes:
      c.seccomp(SECCOMP_GET_NOTIF_SIZES, 0, new Uint8Array(sizes.buffer)) === 0
        ? { notif: sizes[0]!, response: sizes[1]!, data: sizes[2]! }
        : null,
    actionsLogged: readProc('/proc/sys/kernel/seccomp/actions_logged')?.split(/\s+/).filter(Boolean) ?? null,
    process: {
      noNewPrivs: noNewPrivs === undefined ? null : noNewPrivs === '1',
      mode: (['disabled', 'strict', 'filter'] as const)[Number(field('Seccomp'))] ?? null,
      filters: filters === undefined ? null : Number(filters),
    },
  };
}

function mapValues<K extends string, V, R>(from: Readonly<Record<K, V>>, map: (value: V, key: K) => R): Record<K, R> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, map(value as V, key as K)])) as Record<
    K,
    R
  >;
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
