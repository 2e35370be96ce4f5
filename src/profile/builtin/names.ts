/**
 * The profiles that come with this package, each with what it is for. A file of its own, so that a name can be checked
 * without loading them.
 */
export const BUILTIN_PURPOSES = {
  'container-default':
    'What programs in containers need; the rest answers EPERM, or ENOSYS where a library should try an older call.',
  docker: 'What Docker Engine 26.1.5 gives containers by default, call for call.',
  'no-network': 'No socket but AF_UNIX; all else is allowed.',
  'no-new-processes': 'Threads, and execve in place, but no new process; all else is allowed.',
  'read-only-inspection':
    'Looking at files and /proc in pipelines, changing nothing: no sockets, signals, new files or changed attributes.',
  node: 'What programs on Node.js 20 to 24 need, child processes included. Measured with strace.',
  'deny-dangerous':
    'Everything but what is dangerous and seldom needed. Weaker than an allow-list: what a newer kernel adds is allowed.',
} as const;
export type BuiltinName = keyof typeof BUILTIN_PURPOSES;

export const BUILTIN_NAMES = Object.keys(BUILTIN_PURPOSES) as readonly BuiltinName[];

/** The prefix of a built-in's name where files have names too. */
export const BUILTIN_PREFIX = 'builtin:';

/** The built-in with this name, with or without `builtin:`; undefined if there is none. */
export function findBuiltin(name: string): BuiltinName | undefined {
  const bare = name.startsWith(BUILTIN_PREFIX) ? name.slice(BUILTIN_PREFIX.length) : name;
  return BUILTIN_NAMES.find((each) => each === bare);
}
