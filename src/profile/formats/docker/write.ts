import { errnoNumber } from '../../../errno.js';
import type { Warning } from '../../../policy.js';
import { formatExactJson } from '../../document/exact-json.js';
import type { ParsedProfile } from '../../model/parsed-profile.js';
import type { DockerSeccomp } from '../../model/schema.js';
import type { Draft } from '../handler.js';
import { cannotExtend, isConditional, plainErrno } from '../plain-section.js';

/** What Docker Engine may do otherwise than the profile says, by its version; docs/runtimes.md has what was run. */
export function dockerWarnings({ seccomp, locate }: ParsedProfile): readonly Warning[] {
  const { listenerPath, listenerMetadata, flags, defaultErrnoRet } = seccomp;
  const warnings: Warning[] = [];
  const warn = (code: string, message: string, key: string) => warnings.push({ code, message, ...locate(key) });
  const newer = 'newer releases pass it on to the runtime (read)';
  if (listenerPath) {
    const old = 'Docker Engine 20.10.24 does not, and the container does not start (run)';
    warn('docker-listener', `${newer}; ${old}`, 'listenerPath');
  } else if (listenerMetadata) {
    warn('docker-listener', `${newer}; Docker Engine 20.10.24 does not (run)`, 'listenerMetadata');
  }
  if (flags?.length) {
    warn('docker-flags', `${newer}; Docker Engine 20.10.24 drops it, and the container starts without (run)`, 'flags');
  }
  if (defaultErrnoRet !== undefined && defaultErrnoRet !== null && BigInt(defaultErrnoRet) !== EPERM) {
    warn(
      'docker-default-errno',
      `${newer}; Docker Engine 20.10.24 drops it, and the errno is EPERM (run)`,
      'defaultErrnoRet',
    );
  }
  return warnings;
}

/** What runtimes take where no errno is given. */
const EPERM = 1n;

/** Docker's and Podman's JSON. An errno whose number differs is written twice: by name, for
 * Podman, and by x86_64's number, for Docker, which reads no names. */
export function writeDocker({ profile, resolved, cannot }: Draft): string {
  const seccomp: DockerSeccomp = resolved ?? profile.seccomp;
  if (seccomp.extends) cannotExtend(cannot);
  const { defaultAction, defaultErrno, defaultErrnoRet, architectures, archMap, flags, syscalls } = seccomp;
  const { listenerPath, listenerMetadata } = seccomp;
  return formatExactJson({
    defaultAction,
    ...errnoKeys(
      plainErrno(defaultAction, defaultErrno, defaultErrnoRet),
      defaultErrno,
      'defaultErrnoRet',
      'defaultErrno',
    ),
    ...(architectures?.length ? { architectures } : {}),
    ...(archMap?.length ? { archMap } : {}),
    ...(flags ? { flags } : {}),
    ...(listenerPath ? { listenerPath } : {}),
    ...(listenerMetadata ? { listenerMetadata } : {}),
    syscalls: (syscalls ?? []).map((entry) => {
      const { name, names, action, errno, errnoRet, args, comment, includes, excludes } = entry;
      return {
        names: name ? [name] : names,
        action,
        ...errnoKeys(plainErrno(action, errno, errnoRet), errno, 'errnoRet', 'errno'),
        ...(args?.length ? { args } : {}),
        ...(typeof comment === 'string' ? { comment } : {}),
        ...(isConditional({ ...entry, excludes: undefined }) ? { includes } : {}),
        ...(isConditional({ ...entry, includes: undefined }) ? { excludes } : {}),
      };
    }),
  });
}

function errnoKeys(
  number: bigint | 'differs' | undefined,
  name: string | null | undefined,
  numberKey: string,
  nameKey: string,
) {
  if (number !== 'differs') return { [numberKey]: number };
  const usual = errnoNumber(name as string, 'x86_64');
  return { [numberKey]: usual === undefined ? undefined : BigInt(usual), [nameKey]: name as string };
}
