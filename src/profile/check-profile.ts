import { ARCHITECTURES } from '../architecture.js';
import type { Warning } from '../policy.js';
import { CAPABILITIES } from './capability.js';
import { DOCKER_ARCHITECTURES } from './docker.js';
import { ERRNO_NAMES, errnoValue } from './errno.js';
import { quote } from './json-path.js';
import { parseMinKernel } from './kernel-version.js';
import { nearestName } from './nearest-name.js';
import type { Locate } from './parsed-profile.js';
import type { ProfileIssue } from './profile-error.js';
import type { ActionName, DockerCondition, DockerSeccomp, DockerSyscall } from './schema.js';

/** The largest value of an action that carries one: libseccomp refuses ERRNO past 4094; TRACE's is 16 bits wide. */
const LARGEST_DATA: Partial<Record<ActionName, bigint>> = { SCMP_ACT_ERRNO: 4094n, SCMP_ACT_TRACE: 65535n };

/** What no schema says of a seccomp section: keys that go together, and values whose bounds another key sets. */
export function checkProfile(seccomp: DockerSeccomp, locate: Locate): { issues: ProfileIssue[]; warnings: Warning[] } {
  const issues: ProfileIssue[] = [];
  const warnings: Warning[] = [];
  const report = (code: ProfileIssue['code'], message: string, path: (string | number)[], hint?: string) =>
    issues.push({ code, message, hint, ...locate(...path) });
  const warn = (code: string, message: string, path: (string | number)[]) =>
    warnings.push({ code, message, ...locate(...path) });

  const { defaultAction, architectures, archMap, listenerPath, listenerMetadata } = seccomp;
  const syscalls = seccomp.syscalls ?? [];
  if (architectures?.length && archMap?.length) {
    report(
      'architectures-and-arch-map',
      '"archMap" beside "architectures"',
      ['archMap'],
      'use one of them, as Docker asks',
    );
  }
  if (defaultAction === 'SCMP_ACT_NOTIFY') {
    const message = 'SCMP_ACT_NOTIFY cannot be the default: it would stop the very calls that hand the listener over';
    report('notify-default', message, ['defaultAction'], 'use SCMP_ACT_ERRNO or SCMP_ACT_ALLOW, and NOTIFY in entries');
  }
  // config-linux.md, "Seccomp": without SCMP_ACT_NOTIFY listenerPath is ignored; listenerMetadata MUST NOT be set
  // without listenerPath. runc passes over both.
  if (listenerPath && !syscalls.some(({ action }) => action === 'SCMP_ACT_NOTIFY')) {
    warn('listener-path-unused', 'nobody is told of it: no entry has SCMP_ACT_NOTIFY', ['listenerPath']);
  }
  if (listenerMetadata && !listenerPath) {
    warn('listener-metadata-unused', 'the OCI runtime spec forbids it without "listenerPath"', ['listenerMetadata']);
  }
  checkErrno(defaultAction, seccomp.defaultErrnoRet, 'defaultErrnoRet', seccomp.defaultErrno, 'defaultErrno', []);
  syscalls.forEach((entry, index) => {
    const path = ['syscalls', index];
    checkNames(entry, path);
    checkErrno(entry.action, entry.errnoRet, 'errnoRet', entry.errno, 'errno', path);
    if (entry.includes) checkCondition(entry.includes, [...path, 'includes']);
    if (entry.excludes) checkCondition(entry.excludes, [...path, 'excludes']);
  });
  return { issues, warnings };

  function checkNames({ name, names, action }: DockerSyscall, path: (string | number)[]): void {
    // Docker takes an empty "name" for none (Go's zero value).
    if (name && names?.length) {
      report('name-and-names', '"name" beside "names"', [...path, 'name'], 'put every name into "names"');
    } else if (!name && !names) {
      report('missing-key', 'the key "names" is missing', [...path, 'names']);
    } else if (!name && !names?.length) {
      report('empty-names', 'no system call is named', [...path, 'names'], 'name one at least, or take the entry out');
    }
    const each = name ? [{ name, at: [...path, 'name'] }] : [];
    names?.forEach((listed, index) => {
      each.push({ name: listed, at: [...path, 'names', index] });
    });
    for (const { name, at } of each) {
      if (name === '') report('empty-name', 'the empty string names no system call', at);
      if (name === 'write' && action === 'SCMP_ACT_NOTIFY') {
        const message =
          'SCMP_ACT_NOTIFY cannot be used for write: whoever loads the filter must write the listener out';
        report('notify-write', message, at, 'as runc refuses it, take "write" out of this entry');
      }
    }
  }

  function checkErrno(
    action: ActionName,
    number: bigint | null | undefined,
    numberKey: string,
    name: string | null | undefined,
    nameKey: string,
    path: (string | number)[],
  ): void {
    const isNumeric = /^\d{1,10}$/.test(name ?? '');
    if (name && !isNumeric && !ERRNO_NAMES.has(name)) {
      const nearest = nearestName(name, ERRNO_NAMES);
      const hint = nearest ? `did you mean ${nearest}?` : 'see errno(3)';
      report('unknown-errno', `unknown errno ${quote(name)}`, [...path, nameKey], hint);
    }
    const most = LARGEST_DATA[action];
    const given = [
      { key: numberKey, value: number ?? undefined },
      { key: nameKey, value: isNumeric ? BigInt(name!) : undefined },
    ];
    for (const { key, value } of given) {
      if (value !== undefined && most !== undefined && value > most) {
        report('out-of-range', `must be at most ${most} with ${action}, not ${value}`, [...path, key]);
      }
    }
    if (
      name &&
      typeof number === 'bigint' &&
      !ARCHITECTURES.some((arch) => errnoValue(name, arch) === Number(number))
    ) {
      warn('errno-conflict', `${name} is not ${number}: Docker takes the number, Podman the name`, [...path, nameKey]);
    }
    if (most === undefined && (typeof number === 'bigint' || name)) {
      const key = typeof number === 'bigint' ? numberKey : nameKey;
      // "the runtime MUST print and error and fail", says the spec; runc and youki accept it, crun refuses it.
      warn('errno-ret-ignored', `has no effect with ${action}`, [...path, key]);
    }
  }

  function checkCondition({ arches, caps, minKernel }: DockerCondition, path: (string | number)[]): void {
    arches?.forEach((name, index) => {
      if (DOCKER_ARCHITECTURES.has(name)) return;
      const hint = suggest(nearestName(name, DOCKER_ARCHITECTURES));
      warn('unknown-condition', `no architecture of Docker's is called ${quote(name)}: never matches${hint}`, [
        ...path,
        'arches',
        index,
      ]);
    });
    caps?.forEach((name, index) => {
      if (CAPABILITIES.includes(name)) return;
      const hint = suggest(nearestName(name.startsWith('CAP_') ? name : `CAP_${name}`, CAPABILITIES));
      warn('unknown-condition', `no capability is called ${quote(name)}: never matches${hint}`, [
        ...path,
        'caps',
        index,
      ]);
    });
    if (minKernel && !parseMinKernel(minKernel)) {
      const message = `must be "X.Y", a kernel version, not ${quote(minKernel)}`;
      report('bad-kernel-version', message, [...path, 'minKernel'], 'for instance "4.8"');
    }
  }
}

function suggest(nearest: string | undefined): string {
  return nearest === undefined ? '' : `; did you mean ${quote(nearest)}?`;
}
