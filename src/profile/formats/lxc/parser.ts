import { quote } from '../../../text.js';
import type { ProfileIssueCode } from '../../document/profile-error.js';
import type { SourceText } from '../../document/source-text.js';

/** A text and its place, in UTF-16 code units from the beginning of the policy. */
export interface LxcWord {
  text: string;
  offset: number;
}

export interface LxcAction extends LxcWord {
  kind: 'kill' | 'errno' | 'allow' | 'trap' | 'notify';
  errno?: number;
}

export interface LxcCondition {
  offset: number;
  index: number;
  op: 'NE' | 'LT' | 'LE' | 'EQ' | 'GE' | 'GT' | 'MASKED_EQ';
  value: bigint;
  /** Of MASKED_EQ; LXC takes 0 where there is none. */
  mask: bigint;
}

export interface LxcRule extends LxcWord {
  /** Without its brackets; undefined before the first section. */
  section: LxcWord | undefined;
  action: LxcAction | undefined;
  conditions: readonly LxcCondition[];
  comment: string | undefined;
}

export interface LxcPolicy {
  version: 1 | 2;
  isAllowList: boolean;
  style: LxcWord;
  defaultAction: LxcAction | undefined;
  /** Of version 2. */
  rules: readonly LxcRule[];
  /** Of version 1. */
  numbers: readonly LxcWord[];
}

/** Reports what LXC refuses, or silently ignores. */
export type Report = (code: ProfileIssueCode, offset: number, message: string, hint?: string) => void;

/** How many lines a policy may have; common ones have some tens. */
const MAX_LINES = 20_000;

const OPERATORS: ReadonlyMap<string, LxcCondition['op']> = new Map([
  ['!=', 'NE'],
  ['<', 'LT'],
  ['<=', 'LE'],
  ['==', 'EQ'],
  ['>=', 'GE'],
  ['>', 'GT'],
  ['&=', 'MASKED_EQ'],
]);

/**
 * Parse a policy as LXC does (src/lxc/seccomp.c: parse_config, parse_v2_rules, get_seccomp_arg_value). Where LXC ignores
 * a line that says something, that is reported: the policy would be weaker, or another one, than it reads.
 *
 * @throws {ProfileError} `PROFILE_SYNTAX`, when it does not begin as a policy does
 */
export function parseLxc(source: SourceText, report: Report): LxcPolicy {
  const head = /^\s*(\d+)\s*/.exec(source.text);
  const version = Number(head?.[1]);
  if (!head || (version !== 1 && version !== 2)) {
    const hint = 'begin with a line "2", and one of "allowlist" or "denylist"';
    throw source.fail(0, { code: 'bad-syntax', message: 'the version of the policy is 1 or 2', hint });
  }
  const lines = linesFrom(source, head[0].length);
  const style = lines.shift() ?? { text: '', offset: source.text.length };
  const word = /^(allow|deny|white|black)list(?=\s|$)/.exec(style.text)?.[1];
  if (word === undefined) {
    const hint = 'write "allowlist" or "denylist", with the default action after it';
    throw source.fail(style.offset, { code: 'bad-syntax', message: `${quote(style.text)} is no kind of policy`, hint });
  }
  const isAllowList = word === 'allow' || word === 'white';
  if (style.text.includes('debug')) {
    report('bad-syntax', style.offset, 'LXC refuses the word "debug" in this line', 'take it out');
  }
  const base = { isAllowList, style };
  if (version === 1) {
    if (word !== 'allow') {
      report('bad-syntax', style.offset, `LXC takes "allowlist" alone in version 1, not ${quote(style.text)}`);
    }
    return { ...base, version, defaultAction: undefined, rules: [], numbers: lines.flatMap(numberOf(report)) };
  }
  const defaultAction = actionOf(style, style.text.indexOf(' '), report);
  return { ...base, version, defaultAction, rules: rulesOf(lines, report), numbers: [] };
}

function linesFrom(source: SourceText, start: number): LxcWord[] {
  const lines: LxcWord[] = [];
  for (const { 0: text, index } of source.text.slice(start).matchAll(/[^\r\n]*(?:\r\n|\n|\r|$)/g)) {
    if (text === '') continue;
    if (lines.length >= MAX_LINES) {
      throw source.fail(start + index, { code: 'input-too-large', message: `more than ${MAX_LINES} lines` });
    }
    lines.push({ text: text.replace(/[\r\n]+$/, ''), offset: start + index });
  }
  return lines;
}

/** A number of version 1: LXC stops at a line that does not begin with one, and the container does not start. */
function numberOf(report: Report): (line: LxcWord) => LxcWord[] {
  return ({ text, offset }) => {
    const [, blank = '', digits] = /^(\s*)(\d{1,9})\s*$/.exec(text) ?? [];
    if (digits !== undefined) return [{ text: digits, offset: offset + blank.length }];
    const what = text.trim() === '' ? 'an empty line' : quote(text);
    const hint = 'version 1 has a number a line, and no comments; write version 2 for names';
    report('bad-syntax', offset, `${what} is no number of a system call, and LXC refuses the policy`, hint);
    return [];
  };
}

function rulesOf(lines: readonly LxcWord[], report: Report): LxcRule[] {
  const rules: LxcRule[] = [];
  let section: LxcWord | undefined;
  let comment: string[] = [];
  for (const { text, offset } of lines) {
    const commented = /^\s*#\s?(.*)$/.exec(text)?.[1];
    if (commented !== undefined) {
      if (/^\s/.test(text) && text.includes('['))
        report(
          'bad-syntax',
          offset,
          'LXC takes a "[" in an indented comment for a condition',
          'begin the line with "#"',
        );
      comment.push(commented.trimEnd());
      continue;
    }
    if (text.trim() === '') {
      comment = [];
      continue;
    }
    if (text.startsWith('[')) {
      section = { text: text.slice(1, text.endsWith(']') ? -1 : undefined), offset };
      if (!/^\[\w+\]$/.test(text)) {
        report(
          'unknown-architecture',
          offset,
          `${quote(text)} is no section of LXC`,
          'write for instance [all] or [x86_64]',
        );
      }
      comment = [];
      continue;
    }
    const rule = ruleOf({ text, offset }, report);
    if (rule) rules.push({ ...rule, section, comment: comment.length > 0 ? comment.join('\n') : undefined });
    comment = [];
  }
  return rules;
}

function ruleOf(line: LxcWord, report: Report): Omit<LxcRule, 'section' | 'comment'> | undefined {
  const { text, offset } = line;
  if (/^\s/.test(text)) {
    report(
      'bad-syntax',
      offset,
      'a line begins with the name of a call: LXC takes what follows the blank for an action',
      'take the blank out',
    );
    return undefined;
  }
  const blank = text.indexOf(' ');
  const name = blank < 0 ? text : text.slice(0, blank);
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    const hint = name.includes('\t')
      ? 'separate with spaces: a tab is part of the name to LXC'
      : name.includes('[')
        ? 'write an action between the name and the conditions: "read allow [0,1,==]"'
        : undefined;
    report('bad-syntax', offset, `${quote(name)} is no name of a system call, and LXC ignores the line`, hint);
    return undefined;
  }
  const action = actionOf(line, blank, report);
  return { text: name, offset, action, conditions: conditionsOf(line, report) };
}

/** The action after a blank of a line (get_v2_default_action); undefined where there is none. */
function actionOf({ text, offset }: LxcWord, blank: number, report: Report): LxcAction | undefined {
  const rest = blank < 0 ? '' : text.slice(blank).trimStart();
  const at = offset + text.length - rest.length;
  if (rest === '' || (rest.startsWith('#') && !/^(?:allow|deny|white|black)list\b/.test(text))) return undefined;
  const found = /^(kill|errno|allow|trap|notify)(?=[\s\d[#-]|$)(?:(?<=errno) *(-?\d+)(?=[\s[#]|$))?/.exec(rest);
  const kind = found?.[1] as LxcAction['kind'] | undefined;
  if (!found || kind === undefined) {
    const hint = rest.startsWith('[')
      ? 'write an action before the conditions: "read allow [0,1,==]"'
      : 'the actions are kill, errno N, allow, trap and notify';
    report('unknown-action', at, `${quote(rest.split(/[\s[]/, 1)[0] || rest)} is no action of LXC`, hint);
    return undefined;
  }
  const trailing = rest.slice(found[0].length).trimStart();
  if (trailing !== '' && !/^[#[]/.test(trailing)) {
    const hint =
      kind === 'errno' && found[2] === undefined ? 'an errno is a number, for instance 1 (EPERM)' : undefined;
    report('bad-syntax', offset + text.length - trailing.length, `${quote(trailing)} after ${quote(kind)}`, hint);
  } else if (kind === 'errno' && found[2] === undefined) {
    report('unknown-errno', at, '"errno" needs a number', 'for instance errno 1 (EPERM)');
  }
  return { kind, text: kind, offset: at, ...(found[2] === undefined ? {} : { errno: Number(found[2]) }) };
}

/** `[index,value,op]` and `[index,value,op,mask]`, one after another (get_seccomp_arg_value). */
function conditionsOf({ text, offset }: LxcWord, report: Report): LxcCondition[] {
  const first = text.indexOf('[');
  if (first < 0) return [];
  const comment = text.indexOf('#');
  if (comment >= 0 && comment < first) {
    report('bad-syntax', offset + first, 'LXC takes a "[" in a comment for a condition', 'take it out');
    return [];
  }
  const conditions: LxcCondition[] = [];
  const part = /\[ *([^,\]]*),([^,\]]*),([^,\]]*)(?:,([^,\]]*))?\]/y;
  let at = first;
  for (; at < text.length; at = part.lastIndex) {
    part.lastIndex = at;
    const found = part.exec(text);
    if (!found) {
      const rest = text.slice(at).trimStart();
      const hint = 'a condition is [index,value,op] or, with &=, [index,value,&=,mask]; nothing follows the last one';
      report('bad-syntax', offset + text.length - rest.length, `${quote(rest)} is no condition of LXC`, hint);
      return conditions;
    }
    const condition = conditionOf(found, offset + at, report);
    if (condition) conditions.push(condition);
  }
  if (conditions.length > 6) {
    report('too-many-conditions', offset + first, 'LXC reads six conditions at most, and ignores the others');
  }
  const again = conditions.find(
    ({ index }, position) => conditions.findIndex((each) => each.index === index) < position,
  );
  if (again) {
    const hint = 'write a line for each: one of them must hold then';
    report('bad-syntax', again.offset, `argument ${again.index} has two conditions, which libseccomp refuses`, hint);
  }
  return conditions;
}

function conditionOf(found: RegExpExecArray, offset: number, report: Report): LxcCondition | undefined {
  const [, indexText = '', valueText = '', opText = '', maskText = '0'] = found;
  const index = integerOf(indexText);
  const value = integerOf(valueText.trimStart());
  const mask = integerOf(maskText.trimStart());
  const op = OPERATORS.get(opText) ?? OPERATORS_BY_NAME.get(opText);
  if (index === undefined || index > 5n) {
    report('out-of-range', offset, `${quote(indexText)} is no argument`, 'arguments are 0 to 5');
  } else if (op === undefined) {
    const hint = `known are ${[...OPERATORS.keys()].join(', ')}, without blanks around them`;
    report('unknown-operator', offset, `${quote(opText)} is no operator of LXC`, hint);
  } else if (value === undefined || mask === undefined) {
    const wrong = value === undefined ? valueText : maskText;
    report('not-an-integer', offset, `${quote(wrong)} is no number of 64 bits`, 'write it decimal, or as 0x…');
  } else {
    return { offset, index: Number(index), op, value, mask };
  }
  return undefined;
}

const OPERATORS_BY_NAME: ReadonlyMap<string, LxcCondition['op']> = new Map(
  [...OPERATORS.values()].map((op) => [`SCMP_CMP_${op}`, op]),
);

/** strtoull(3) with base 0: decimal, 0x…, and octal with a leading zero. */
function integerOf(text: string): bigint | undefined {
  const octal = /^0([0-7]+)$/.exec(text)?.[1];
  if (octal === undefined && !/^(?:0|[1-9]\d{0,19}|0[xX][0-9a-fA-F]{1,16})$/.test(text)) return undefined;
  if (text.length > 23) return undefined;
  const value = BigInt(octal === undefined ? text : `0o${octal}`);
  return value < 2n ** 64n ? value : undefined;
}
