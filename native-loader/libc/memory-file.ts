import { constants } from 'node:os';
import { type Koffi, orErrno } from './load-koffi.js';

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
/** Linux 6.3. The sysctl vm.memfd_noexec may demand it. */
const MFD_NOEXEC_SEAL = 8;

/**
 * Bind memfd_create(2), for the calling thread: a memory file that is close-on-exec, not executable as far as the kernel
 * knows that, and to be sealed; -errno for failures. Its name is of bytes, as `latin1` has them.
 */
export function memoryFileCall(k: Koffi): (name: string) => number {
  const memfd = k.load(null).func('int memfd_create(void *, unsigned int)');
  return (name) => {
    const create = (flags: number) => orErrno(k, memfd(Buffer.from(`${name}\0`, 'latin1'), flags));
    const fd = create(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    return fd === -constants.errno.EINVAL ? create(MFD_CLOEXEC | MFD_ALLOW_SEALING) : fd;
  };
}
