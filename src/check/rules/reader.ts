import { traitsOf } from '../../profile/formats/index.js';
import { BYTE_ORDER_MARK } from '../finding.js';
import type { CheckRule } from '../rule.js';
import { fromReader } from './from-reader.js';
import { LANGUAGE_RULES } from './languages.js';

const NAMED: readonly CheckRule[] = [
  fromReader('unknown-key', 'warning', 'A key that means nothing; runtimes ignore it.', ({ note }) => note),
  fromReader(
    'foreign-key',
    'warning',
    "A key of Docker's format in an OCI config.json: OCI runtimes ignore it, and apply a conditional entry always.",
    'give the runtime the profile as Docker resolves it (scmp convert --to oci)',
  ),
  fromReader(
    'unknown-condition',
    'warning',
    'An architecture or capability in `includes` or `excludes` that there is not: the condition never matches.',
    'write the name that is meant',
  ),
  fromReader(
    'errno-ret-ignored',
    'warning',
    'An errno with an action that carries none; crun refuses the profile.',
    'take the errno out, or use SCMP_ACT_ERRNO',
  ),
  fromReader(
    'errno-conflict',
    'warning',
    'An errno by name and by number that differ: Docker takes the number, Podman the name.',
    'make them agree, or take one out',
  ),
  fromReader(
    'repeated-call',
    'warning',
    'A call on two lines of a minijail policy, in what it includes too: the second counts where the first does not hold.',
    'put the conditions of a call together in one line, with "||"',
  ),
  fromReader(
    'two-meanings',
    'warning',
    "A condition with an errno in a minijail policy, which minijail's two compilers read in opposite ways.",
    'write it in braces, "{ …; return ERRNO }", which compile_seccomp_policy.py alone takes, and name it by --from',
  ),
  fromReader(
    'comparison-widened',
    'warning',
    'A 32-bit argument that a kafel policy compares in 64 bits, since the other side has more than 32.',
    'compare it with a number of 32 bits (0xffffffff for -1), and arguments of 64 bits by themselves',
  ),
  fromReader('listener-path-unused', 'advice', '`listenerPath` without SCMP_ACT_NOTIFY.', 'take it out'),
  fromReader('listener-metadata-unused', 'advice', '`listenerMetadata` without `listenerPath`.', 'take it out'),
];

const byteOrderMark: CheckRule = {
  id: 'byte-order-mark',
  severity: 'error',
  summary: 'A byte order mark before the JSON: Docker, runc and crun refuse the file.',
  *checkText({ profile, raw }) {
    // The readers of these formats in Go and C refuse a byte order mark before JSON (RFC 8259, 8.1, allows either).
    if (!raw?.startsWith('\uFEFF') || !traitsOf(profile).readBy) return;
    yield {
      place: { path: '', position: { line: 1, column: 1, offset: 0 } },
      message: 'the file begins with a byte order mark (U+FEFF), and Docker, runc and crun refuse it',
      advice: 'save it as UTF-8 without a byte order mark',
      fix: [BYTE_ORDER_MARK],
    };
  },
};

const NAMED_CODES: ReadonlySet<string> = new Set([...NAMED, ...LANGUAGE_RULES].map(({ id }) => id));

/** By the reader's code. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['disabled-profile', 'take "disabled" out'],
  ['unreached-group', 'put its calls into the first group, or take it out'],
  ['never-matches', 'compare with what is meant, or take the call out'],
  ['always-matches', 'compare with what is meant, or take the condition out'],
  ['compiler-differs', 'end the list with "log", or leave the last action out and have @default decide'],
  ['frequency-not-found', 'put the file there, or take the line out'],
  ['string-over-lines', 'write a seccomp_string for each line'],
  ['x32-by-default', 'name the calls that are allowed, and deny the others by default'],
  ['value-truncated', 'write "type": "qword" to compare 64 bits, or the low half as the value'],
]);

const readerWarning: CheckRule = {
  id: 'reader-warning',
  severity: 'warning',
  summary: 'Whatever else was odd when the profile was read.',
  *checkText({ profile }) {
    for (const { code, message, path = '', position, source } of profile.warnings) {
      if (NAMED_CODES.has(code)) continue;
      yield { place: { path, position, source }, message, advice: ADVICE.get(code) ?? 'see the message' };
    }
  },
};

export const READER_RULES: readonly CheckRule[] = [byteOrderMark, ...NAMED, ...LANGUAGE_RULES, readerWarning];
