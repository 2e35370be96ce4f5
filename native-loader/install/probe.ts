import { errnoName, type Libc } from '../libc/libc.js';
import { INSTALL_FLAGS, type InstallFlag, SECCOMP_SET_MODE_FILTER } from '../libc/seccomp-abi.js';

/**
 * Whether the kernel knows a flag. Given no program (NULL) it reports unknown flags (EINVAL) before it misses the
 * program (EFAULT), and can install nothing: kernel/seccomp.c, seccomp_set_mode_filter; libseccomp asks the same way.
 */
export function supportsFlag(c: Libc, flag: InstallFlag): boolean {
  // WAIT_KILLABLE_RECV is valid beside NEW_LISTENER only.
  const companion = flag === 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV' ? 'SECCOMP_FILTER_FLAG_NEW_LISTENER' : flag;
  const flags = INSTALL_FLAGS[flag] | INSTALL_FLAGS[companion];
  return errnoName(-c.seccomp(SECCOMP_SET_MODE_FILTER, flags, null)) === 'EFAULT';
}
