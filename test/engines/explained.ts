/** A container that is not as `scmp compile` says for its engine, and why. */
export interface Explained {
  readonly engines: readonly string[];
  readonly profile: string;
  /** What is seen, all of it: a pattern for each line of `outcome`. */
  readonly seen: readonly RegExp[];
  /** In words, for docs/field/runtimes.md. */
  readonly why: string;
}

/** The profile that an engine has when it is given none. */
export const OWN = "the engine's own";

export const EXPLAINED: readonly Explained[] = [
  {
    engines: ['containerd'],
    profile: OWN,
    seen: [/^\w+ (380-382|329-331|1073742153-1073742155): ERRNO\(EPERM\), theirs ALLOW$/],
    why: "containerd's own profile is not a file; compared with Docker's, it allows `pkey_mprotect`, `pkey_alloc` and `pkey_free` as well",
  },
  {
    engines: ['docker', 'containerd', 'podman-crun', 'podman-runc', 'runc', 'crun'],
    profile: "Docker's of 26.1.5",
    seen: [/^x32 1073742277-1073742277: ALLOW, theirs ERRNO\(EPERM\)$/],
    why: 'libseccomp 2.5.4 has another number of `map_shadow_stack` on x32; `--libseccomp` warns of it',
  },
  {
    engines: ['docker'],
    profile: 'NOTIFY with a listener',
    seen: [/^refused: .*listenerPath is not set/],
    why: 'Docker Engine 20.10.24 does not pass `listenerPath` on; `check --target docker` says so',
  },
  {
    engines: ['docker'],
    profile: 'flags',
    seen: [/^starts, and ours is refused: .*runc 1\.1 refuses SECCOMP_FILTER_FLAG_LOG/],
    why: 'Docker Engine 20.10.24 does not pass `flags` on, so runc has none to refuse; `check --target docker` says so',
  },
];
