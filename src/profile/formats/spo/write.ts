import { Document, visit } from 'yaml';
import { escapeControls, isPrintable, quote } from '../../../text.js';
import type { OciSeccomp } from '../../model/schema.js';
import type { Draft } from '../handler.js';
import { traitsOf } from '../index.js';
import { cannotExtend, unresolvedSection } from '../plain-section.js';
import { MAX_VALUE, SPO_API_VERSIONS } from './read.js';

/** The architectures a SeccompProfile may name (api/seccompprofile/v1, `Arch`). */
const ARCHITECTURES = new Set(
  `NATIVE X86 X86_64 X32 ARM AARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE S390 S390X PARISC
  PARISC64 RISCV64`
    .split(/\s+/)
    .map((name) => `SCMP_ARCH_${name}`),
);
const LISTENER_PATH = /^\/var\/run\/security-profiles-operator\/[\w.-]{1,70}$/;

/** A Kubernetes object's name (RFC 1123) made of any text. */
function objectName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 200);
  return name === '' ? 'profile' : name;
}

function fileStem(source: string | undefined): string {
  return (source ?? 'profile').replace(/^.*[\\/]/, '').replace(/\.\w+$/, '');
}

/** A profile as the YAML of a SeccompProfile. What it extends stays its `baseProfileName` where it is a SeccompProfile too. */
export function writeSpo({ profile, resolved, cannot, name }: Draft): string {
  const base = resolved ? undefined : (profile.seccomp.extends ?? undefined);
  // Only the operator's own profiles extend by union, as the operator does.
  if (base && traitsOf(profile).extendsAs !== 'operator') cannotExtend(cannot);
  const section: OciSeccomp = resolved ?? unresolvedSection(profile, cannot);
  const { defaultAction, defaultErrnoRet, architectures, flags, listenerPath, listenerMetadata, syscalls } = section;
  if (defaultErrnoRet !== undefined && defaultErrnoRet !== 1n) {
    cannot(`a default errno (${defaultErrnoRet}); the operator's is EPERM`, undefined, 'defaultErrnoRet');
  }
  architectures?.forEach((name, index) => {
    if (!ARCHITECTURES.has(name)) cannot(`the architecture ${quote(name)}`, undefined, 'architectures', index);
  });
  if (listenerPath && !LISTENER_PATH.test(listenerPath)) {
    cannot('a listener outside /var/run/security-profiles-operator', undefined, 'listenerPath');
  }
  const entries = (syscalls ?? []).map(({ names, action, errnoRet, args }, index) => {
    if (errnoRet === 0n)
      cannot(
        'an errno of 0: the operator takes it for none, and so for EPERM',
        undefined,
        'syscalls',
        index,
        'errnoRet',
      );
    if (args && args.length > 6) cannot('more than six conditions', undefined, 'syscalls', index, 'args');
    args?.forEach(({ value, valueTwo }, position) => {
      if (value > MAX_VALUE || (valueTwo ?? 0n) > MAX_VALUE) {
        cannot('a value past 2^63-1', undefined, 'syscalls', index, 'args', position, 'value');
      }
    });
    return {
      names,
      action,
      ...(errnoRet === undefined || errnoRet === null ? {} : { errnoRet }),
      ...(args?.length
        ? {
            args: args.map(({ index: at, value, valueTwo, op }) => ({
              index: at,
              value,
              ...(valueTwo == null ? {} : { valueTwo }),
              op,
            })),
          }
        : {}),
    };
  });
  const document = {
    apiVersion: SPO_API_VERSIONS[1],
    kind: 'SeccompProfile',
    metadata: { name: objectName(name ?? profile.name ?? fileStem(profile.source)) },
    spec: {
      ...(base === undefined ? {} : { baseProfileName: base }),
      defaultAction,
      ...(architectures?.length ? { architectures } : {}),
      ...(flags ? { flags } : {}),
      ...(listenerPath ? { listenerPath } : {}),
      ...(listenerMetadata ? { listenerMetadata } : {}),
      ...(entries.length > 0 ? { syscalls: entries } : {}),
    },
  };
  const yaml = new Document(document, { aliasDuplicateObjects: false });
  // Only between double quotes YAML has escapes.
  visit(yaml, {
    Scalar(_, scalar) {
      if (typeof scalar.value === 'string' && !isPrintable(scalar.value)) scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return escapeControls(yaml.toString({ lineWidth: 100 }));
}
