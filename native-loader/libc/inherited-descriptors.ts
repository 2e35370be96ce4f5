import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { O_CLOEXEC } from './fcntl.js';

interface Descriptor {
  fd: number;
  /** Where /proc/self/fd links to: proc_pid_fd(5). */
  target: string;
}

/**
 * The descriptors from 3 on that this process was started with and that Node marked close-on-exec at its start
 * (uv_disable_stdio_inheritance). To be called before the program opens files of its own. Empty where there is no /proc.
 *
 * What Node opened itself by then is left out: epoll and event descriptors, and pipes with both ends here. It opened them
 * after the mark, an epoll descriptor first, each at the lowest free number. So what is below that one was inherited. What
 * is above it was inherited unless it is of those kinds. Pipes that make's jobserver names in MAKEFLAGS are too.
 */
export function inheritedDescriptors(env: Readonly<Record<string, string | undefined>> = process.env): number[] {
  const open = openDescriptors();
  const first = open.find(({ target }) => target === 'anon_inode:[eventpoll]')?.fd ?? Number.POSITIVE_INFINITY;
  const above = open.filter(({ fd }) => fd > first);
  const jobserver = jobserverDescriptors(env.MAKEFLAGS);
  const isOwn = ({ fd, target }: Descriptor) =>
    fd >= first &&
    !jobserver.has(fd) &&
    (target.startsWith('anon_inode:') || (target.startsWith('pipe:') && countOf(above, target) > 1));
  return open.filter((descriptor) => isCloseOnExec(descriptor.fd) && !isOwn(descriptor)).map(({ fd }) => fd);
}

/** In ascending order, without the standard streams. */
function openDescriptors(): Descriptor[] {
  return readProc(() => readdirSync('/proc/self/fd'), [])
    .map(Number)
    .filter((fd) => fd > 2)
    .sort((a, b) => a - b)
    .flatMap((fd) => {
      // The descriptor that listed the directory is closed by now.
      const target = readProc(() => readlinkSync(`/proc/self/fd/${fd}`), undefined);
      return target === undefined ? [] : [{ fd, target }];
    });
}

function isCloseOnExec(fd: number): boolean {
  const info = readProc(() => readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'), '');
  const [, flags] = /^flags:\s*([0-7]+)$/m.exec(info) ?? [];
  return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
}

function countOf(descriptors: readonly Descriptor[], target: string): number {
  return descriptors.filter((descriptor) => descriptor.target === target).length;
}

/** `--jobserver-auth=R,W` (make before 4.2: `--jobserver-fds`); a fifo has a name instead. */
function jobserverDescriptors(makeFlags = ''): Set<number> {
  return new Set(
    [...makeFlags.matchAll(/--jobserver-(?:auth|fds)=(\d+),(\d+)/g)].flatMap(([, r, w]) => [Number(r), Number(w)]),
  );
}

function readProc<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
