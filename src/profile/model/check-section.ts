import { type ActionName, maxErrnoRet } from '../../action.js';
import { ARCHITECTURES, findArchitecture, nearestArchitecture } from '../../architecture.js';
import { errnoNames, errnoNumber, isErrnoName } from '../../errno.js';
import { parseMinKernel } from '../../kernel-version.js';
import { nearestName } from '../../nearest-name.js';
import type { Warning } from '../../policy.js';
import { quote } from '../../text.js';
import type { ProfileIssue, ProfileIssueCode } from '../document/profile-error.js';
import { CAPABILITIES } from './capability.js';
import { DOCKER_ARCHITECTURES, dockerNames } from './conditional-entry.js';
import type { Locate } from './parsed-profile.js';
import type { DockerCondition, DockerSeccomp, DockerSyscall } from './schema.js';

type SectionPath = readonly (string | number)[];

/** Issues and warnings at paths of a seccomp section. */
class SectionIssues {
  readonly issues: ProfileIssue[] = [];
  readonly warnings: Warning[] = [];

  readonly #locate: Locate;

  constructor(locate: Locate) {
    this.#locate = locate;
  }

  issue(code: ProfileIssueCode, path: SectionPath, message: string, hint?: string): void {
    this.issues.push({ code, message, hint, ...this.#locate(...path) });
  }

  warn(code: string, path: SectionPath, message: string): void {
    this.warnings.push({ code, message, ...this.#locate(...path) });
  }
}

/**
 * What no schema can check in a seccomp section: keys that depend on each other, and values whose bounds another key
 * sets.
 */
export function checkSection(seccomp: DockerSeccomp, locate: Locate): Pick<SectionIssues, 'issues' | 'warnings'> {
  const findings = new SectionIssues(locate);
  const { defaultAction, defaultErrnoRet, defaultErrno, architectures, archMap } = seccomp;
  const syscalls = seccomp.syscalls ?? [];
  if (architectures?.length && archMap?.length) {
    const message = '"archMap" beside "architectures"';
    findings.issue('architectures-and-arch-map', ['archMap'], message, 'use one of them');
  }
  if (defaultAction === 'SCMP_ACT_NOTIFY') {
    const message =
      'the default cannot wait for a listener (SCMP_ACT_NOTIFY): whoever loads the filter has calls to make before anybody listens';
    findings.issue('notify-default', ['defaultAction'], message, 'name the calls that are to wait for it');
  }
  checkErrno(findings, defaultAction, {
    number: { path: ['defaultErrnoRet'], value: defaultErrnoRet },
    name: { path: ['defaultErrno'], value: defaultErrno },
  });
  checkListener(findings, seccomp);
  if (seccomp.remove?.length && !seccomp.extends) {
    const message = '"remove" takes system calls out of the profile that "extends" names, and there is none';
    findings.issue('remove-without-extends', ['remove'], message, 'name one, or take "remove" out');
  }
  if (seccomp.enosysNewerThan && !parseMinKernel(seccomp.enosysNewerThan)) {
    const message = `must be a kernel version X.Y, not ${quote(seccomp.enosysNewerThan)}`;
    findings.issue('bad-kernel-version', ['enosysNewerThan'], message, 'for instance "5.10"');
  }
  syscalls.forEach((entry, index) => {
    const path = ['syscalls', index];
    checkNames(findings, entry, path);
    checkErrno(findings, entry.action, {
      number: { path: [...path, 'errnoRet'], value: entry.errnoRet },
      name: { path: [...path, 'errno'], value: entry.errno },
    });
    if (entry.includes) checkCondition(findings, entry.includes, [...path, 'includes']);
    if (entry.excludes) checkCondition(findings, entry.excludes, [...path, 'excludes']);
  });
  return findings;
}

/**
 * config-linux.md, "Seccomp": listenerPath is ignored if no SCMP_ACT_NOTIFY is used; listenerMetadata MUST NOT be set
 * without listenerPath. Neither changes the filter, and runc ignores both.
 */
function checkListener(findings: SectionIssues, seccomp: DockerSeccomp): void {
  const { listenerPath, listenerMetadata, defaultAction, syscalls } = seccomp;
  const notifies = defaultAction === 'SCMP_ACT_NOTIFY';
  if (listenerPath && !notifies && !syscalls?.some(({ action }) => action === 'SCMP_ACT_NOTIFY')) {
    findings.warn('listener-path-unused', ['listenerPath'], 'has no effect: no call is given to a listener');
  }
  if (listenerMetadata && !listenerPath) {
    findings.warn('listener-metadata-unused', ['listenerMetadata'], 'has no effect without the path of a listener');
  }
}

function checkNames(findings: SectionIssues, { name, names, action }: DockerSyscall, path: SectionPath): void {
  const namesPath = [...path, 'names'];
  // An empty "name" is none, as in Go, where it is the zero value of a string.
  if (name && names?.length) {
    findings.issue('name-and-names', [...path, 'name'], '"name" beside "names"', 'put every name into "names"');
  } else if (!name && !names) {
    findings.issue('missing-key', namesPath, 'the key "names" is missing');
  } else if (!name && !names?.length) {
    const hint = 'name one at least, or take the entry out';
    findings.issue('empty-names', namesPath, 'no system call is named', hint);
  }
  const check = (each: string, parent: SectionPath, key: string | number) => {
    if (each === '') findings.issue('empty-name', [...parent, key], 'the empty string names no system call');
    if (each === 'write' && action === 'SCMP_ACT_NOTIFY') {
      // runc, libcontainer/seccomp/seccomp_linux.go, InitSeccomp: the loader would wait for an answer to its own write.
      const message = 'SCMP_ACT_NOTIFY cannot be used for write: whoever loads the filter must write the listener out';
      findings.issue('notify-write', [...parent, key], message, 'take "write" out of this entry');
    }
  };
  if (name) check(name, path, 'name');
  names?.forEach((each, index) => {
    check(each, namesPath, index);
  });
}

interface ErrnoKeys {
  number: { path: SectionPath; value: bigint | null | undefined };
  name: { path: SectionPath; value: string | null | undefined };
}

function checkErrno(findings: SectionIssues, action: ActionName, { number, name }: ErrnoKeys): void {
  const hasNumber = typeof number.value === 'bigint';
  const isNumeric = /^\d{1,10}$/.test(name.value ?? '');
  if (name.value && !isNumeric && !isErrnoName(name.value)) {
    const nearest = nearestName(name.value, errnoNames());
    const hint = nearest === undefined ? 'see errno(3)' : `did you mean ${nearest}?`;
    findings.issue('unknown-errno', name.path, `unknown errno ${quote(name.value)}`, hint);
  } else if (name.value && hasNumber && !isErrno(name.value, number.value!)) {
    const message = `${quote(name.value)} is not ${number.value}: Docker takes the number, Podman the name`;
    findings.warn('errno-conflict', name.path, message);
  }

  const most = maxErrnoRet(action);
  if (most === undefined) {
    // "the runtime MUST print and error and fail", says the spec; runc and youki accept it, crun refuses it.
    if (hasNumber || name.value) {
      findings.warn('errno-ret-ignored', hasNumber ? number.path : name.path, `has no effect with ${action}`);
    }
    return;
  }
  const values = [number, { path: name.path, value: isNumeric ? BigInt(name.value!) : undefined }];
  for (const { path, value } of values) {
    if (typeof value === 'bigint' && value > most) {
      findings.issue('out-of-range', path, `must be at most ${most} with ${action}, not ${value}`);
    }
  }
}

/** Whether a name or its digits stand for the value on some architecture. */
function isErrno(name: string, value: bigint): boolean {
  if (/^\d+$/.test(name)) return BigInt(name) === value;
  return ARCHITECTURES.some((architecture) => errnoNumber(name, architecture.name) === Number(value));
}

function checkCondition(
  findings: SectionIssues,
  { arches, caps, minKernel }: DockerCondition,
  path: SectionPath,
): void {
  arches?.forEach((name, index) => {
    if (DOCKER_ARCHITECTURES.has(name)) return;
    const meant = findArchitecture(name) ?? nearestArchitecture(name);
    const hint = suggestion(meant && dockerNames(meant)[0]);
    const message = `Docker calls no architecture ${quote(name)}: it never matches${hint}`;
    findings.warn('unknown-condition', [...path, 'arches', index], message);
  });
  caps?.forEach((name, index) => {
    if (CAPABILITIES.includes(name)) return;
    const hint = suggestion(nearestName(name.startsWith('CAP_') ? name : `CAP_${name}`, CAPABILITIES));
    const message = `there is no capability ${quote(name)}: it never matches${hint}`;
    findings.warn('unknown-condition', [...path, 'caps', index], message);
  });
  if (minKernel && !parseMinKernel(minKernel)) {
    const message = `must be a kernel version "X.Y", not ${quote(minKernel)}`;
    findings.issue('bad-kernel-version', [...path, 'minKernel'], message, 'for instance "4.8"');
  }
}

function suggestion(nearest: string | undefined): string {
  return nearest === undefined ? '' : `; did you mean ${quote(nearest)}?`;
}
