/** The profiles that come with this package. A file of its own, so that a name can be checked without loading them. */
export const BUILTIN_NAMES = [
  'container-default',
  'no-network',
  'no-new-processes',
  'read-only-inspection',
  'node',
  'deny-dangerous',
] as const;
export type BuiltinName = (typeof BUILTIN_NAMES)[number];

/** The prefix of a built-in's name where files have names too. */
export const BUILTIN_PREFIX = 'builtin:';

/** The built-in with this name, with or without `builtin:`; undefined if there is none. */
export function findBuiltin(name: string): BuiltinName | undefined {
  const bare = name.startsWith(BUILTIN_PREFIX) ? name.slice(BUILTIN_PREFIX.length) : name;
  return BUILTIN_NAMES.find((each) => each === bare);
}
