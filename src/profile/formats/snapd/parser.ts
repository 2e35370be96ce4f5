import { nearestName } from '../../../nearest-name.js';
import { quote } from '../../../text.js';
import type { ProfileIssueCode } from '../../document/profile-error.js';
import type { SourceText } from '../../document/source-text.js';
import type { BitComparison } from '../exact-conditions.js';
import { LOW_HALF_CALLS, SNAPD_CONSTANTS, SNAPD_USERS } from './constants.js';

/** A line about a call. */
export interface SnapdLine {
  name: string;
  /** In UTF-16 code units from the beginning of the text. */
  offset: number;
  /** It begins with `~`: the call is denied, whatever other lines allow. */
  isDenied: boolean;
  conditions: readonly BitComparison[];
  comment: string | undefined;
}

export interface SnapdTemplate {
  mode: 'strict' | 'complain' | 'unrestricted';
  /** Where the mode is set. */
  offset: number;
  lines: readonly SnapdLine[];
}

export type Report = (code: ProfileIssueCode, offset: number, message: string, hint?: string) => void;

/** How many lines a template may have; those of snaps have some hundreds. */
const MAX_LINES = 20_000;
const OPERATORS = { '>=': 'GE', '<=': 'LE', '!': 'NE', '<': 'LT', '>': 'GT', '|': 'EQ', '': 'EQ' } as const;
const LOW_HALF = 0xffffffffn;

/**
 * Parse a template as snap-seccomp does (cmd/snap-seccomp/main.go, parseLine and readNumber).
 *
 * @throws {ProfileError} `PROFILE_SYNTAX`, when it has too many lines
 */
export function parseSnapd(source: SourceText, report: Report): SnapdTemplate {
  const lines: SnapdLine[] = [];
  const modes = new Map<string, number>();
  let comment: string[] = [];
  let count = 0;
  for (const { 0: text, index: start } of source.text.matchAll(/[^\r\n]+|\r\n?|\n/g)) {
    if (/^[\r\n]/.test(text)) continue;
    if (++count > MAX_LINES) {
      throw source.fail(start, { code: 'input-too-large', message: `more than ${MAX_LINES} lines` });
    }
    const noted = /^\s*#\s?(.*)$/.exec(text)?.[1];
    if (noted !== undefined) {
      comment.push(noted.trimEnd());
      continue;
    }
    const words = [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => ({ text: word, offset: start + index }));
    const [first, ...args] = words;
    if (!first) {
      comment = [];
      continue;
    }
    if (first.text.startsWith('@')) {
      const mode = first.text.slice(1);
      if ((mode === 'unrestricted' || mode === 'complain') && args.length === 0) modes.set(mode, first.offset);
      else
        report('bad-syntax', first.offset, `${quote(text.trim())} is no mode`, 'there are @unrestricted and @complain');
    } else {
      const line = lineOf(first, args, report);
      if (line) lines.push({ ...line, comment: comment.length > 0 ? comment.join('\n') : undefined });
    }
    comment = [];
  }
  const [mode, offset] = (['unrestricted', 'complain'] as const).flatMap((each) =>
    modes.has(each) ? [[each, modes.get(each)!] as const] : [],
  )[0] ?? ['strict' as const, 0];
  return { mode, offset, lines };
}

interface Word {
  text: string;
  offset: number;
}

function lineOf(first: Word, args: readonly Word[], report: Report): Omit<SnapdLine, 'comment'> | undefined {
  const isDenied = first.text.startsWith('~');
  const name = first.text.slice(Number(isDenied));
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    report('bad-syntax', first.offset, `${quote(name)} is no name of a system call, and snap-seccomp ignores the line`);
    return undefined;
  }
  const seventh = args[6];
  if (seventh) {
    report('bad-syntax', seventh.offset, `${name} has more than six arguments here`, 'a comment is a line of its own');
    return undefined;
  }
  const conditions = args.flatMap((word, index) =>
    word.text === '-' ? [] : (conditionOf(name, word, index, report) ?? []),
  );
  return { name, offset: first.offset, isDenied, conditions };
}

function conditionOf(call: string, { text, offset }: Word, index: number, report: Report): BitComparison | undefined {
  const isLow = LOW_HALF_CALLS.has(call);
  const bits = isLow ? 32 : 64;
  const user = /^[ug]:(.*)$/.exec(text)?.[1];
  if (user !== undefined) {
    const value = SNAPD_USERS.get(user);
    if (value !== undefined) return { index, bits, op: 'EQ', value };
    const hint = `write the number; known here are ${[...SNAPD_USERS.keys()].join(', ')}`;
    report('unknown-constant', offset, `the number of ${quote(user)} is the machine's, which snap-seccomp asks`, hint);
    return undefined;
  }
  const [, sign, word] = /^(>=|<=|[!<>|]?)(.*)$/.exec(text) as unknown as [string, keyof typeof OPERATORS, string];
  const value = numberOf(call, { text: word, offset: offset + sign.length }, isLow, report);
  if (value === undefined) return undefined;
  if (isLow && sign !== '') {
    const message = `snap-seccomp compares the arguments of ${call} for equality alone, not with ${quote(sign)}`;
    report('unknown-operator', offset, message, 'write the number by itself');
    return undefined;
  }
  const comparison: BitComparison = { index, bits, op: OPERATORS[sign], value };
  return sign === '|' ? { ...comparison, mask: value } : comparison;
}

function numberOf(call: string, { text, offset }: Word, isLow: boolean, report: Report): bigint | undefined {
  const constant = SNAPD_CONSTANTS.get(text);
  if (constant !== undefined) return constant;
  if (/^\d{1,30}$/.test(text)) {
    const value = BigInt(text);
    if (value <= LOW_HALF) return value;
    report('out-of-range', offset, `${text} has more than the 32 bits that snap-seccomp reads`);
  } else if (/^-\d{1,10}$/.test(text) && BigInt(text) >= -(2n ** 31n)) {
    if (isLow) return BigInt.asUintN(32, BigInt(text));
    const hint = `it takes them for ${[...LOW_HALF_CALLS].slice(0, 3).join(', ')} and the like`;
    report('out-of-range', offset, `snap-seccomp takes no negative number for ${call}`, hint);
  } else {
    const nearest = /^[A-Z]/.test(text) ? nearestName(text, SNAPD_CONSTANTS.keys()) : undefined;
    const hint = nearest
      ? `did you mean ${nearest}?`
      : /^0[xX]/.test(text)
        ? 'write it decimal'
        : text === '#'
          ? 'a comment is a line of its own'
          : 'a value is a decimal number, or a constant that snap-seccomp knows';
    report('unknown-constant', offset, `snap-seccomp does not know ${quote(text)}`, hint);
  }
  return undefined;
}
