import type { Warning } from '../../../policy.js';
import { failOnIssues, type ProfileIssue } from '../../document/profile-error.js';
import type { SourceText } from '../../document/source-text.js';
import { finishProfile } from '../../model/finish-profile.js';
import type { ParsedProfile, Place } from '../../model/parsed-profile.js';
import type { DockerSeccomp, DockerSyscall } from '../../model/schema.js';
import { type BitComparison, type ExactRule, exactRules, MAX_RULES } from '../exact-conditions.js';
import type { ReadOptions } from '../read-options.js';
import { ARCH_MAP } from './architectures.js';
import { snapd } from './format.js';
import { parseSnapd, type Report, type SnapdLine, type SnapdTemplate } from './parser.js';

type Entry = Pick<DockerSyscall, 'action' | 'errnoRet'>;

const ALLOW: Entry = { action: 'SCMP_ACT_ALLOW' };
/** The answer to a call that no line allows, and to one that a line denies (errnoOnImplicitDenial, errnoOnExplicitDenial). */
export const IMPLICIT_DENIAL = 1n;
export const EXPLICIT_DENIAL = 13n;

const NEGATED = { EQ: 'NE', NE: 'EQ', LT: 'GE', GE: 'LT', LE: 'GT', GT: 'LE' } as const;

/**
 * Read a template as snap-seccomp of snapd 2.57.6 compiles it, and with `~` as newer ones do. snapd makes two filters of a
 * template with `~`, of which the kernel obeys the stricter answer. Here they become one: a call is allowed where a line
 * allows it and none denies it.
 */
export function readSnapd(text: SourceText, _options: ReadOptions): ParsedProfile {
  return new SnapdReader(text).read();
}

class SnapdReader {
  readonly #issues: ProfileIssue[] = [];
  readonly #warnings: Warning[] = [];
  readonly #syscalls: DockerSyscall[] = [];
  readonly #origins: number[][] = [];

  readonly #text: SourceText;

  constructor(text: SourceText) {
    this.#text = text;
  }

  read(): ParsedProfile {
    const template = parseSnapd(this.#text, this.#report);
    failOnIssues(this.#issues, this.#text.source);
    if (template.mode !== 'unrestricted') this.#addLines(template);
    failOnIssues(this.#issues, this.#text.source);
    const seccomp: DockerSeccomp = { ...defaultOf(template), archMap: ARCH_MAP, syscalls: this.#syscalls };
    return finishProfile(snapd, this.#text, {
      seccomp,
      locate: (...path) => this.#locate(path, template.offset),
      warnings: this.#warnings,
    });
  }

  readonly #report: Report = (code, offset, message, hint) => {
    this.#issues.push({ code, message, hint, path: '', position: this.#text.positionAt(offset) });
  };

  #locate([key, entry, part, index]: readonly (string | number)[], mode: number): Place {
    const offsets = (key === 'syscalls' && this.#origins[Number(entry)]) || [mode];
    const at = part === 'names' && typeof index === 'number' ? (offsets[index] ?? offsets[0]) : offsets[0];
    const position = this.#text.positionAt(at ?? 0);
    return { path: `line ${position.line}`, position };
  }

  #addLines({ lines, mode }: SnapdTemplate): void {
    const denied = new Map<string, SnapdLine[]>();
    for (const line of lines) {
      if (line.isDenied) denied.set(line.name, [...(denied.get(line.name) ?? []), line]);
    }
    // A second filter answers LOG to all but what it denies, which is stricter than the ALLOW of the first.
    const allowed: Entry = mode === 'complain' && denied.size > 0 ? { action: 'SCMP_ACT_LOG' } : ALLOW;
    if (allowed !== ALLOW && lines.some(({ isDenied }) => !isDenied)) {
      const place = { path: '', position: this.#text.positionAt(lines.find(({ isDenied }) => !isDenied)!.offset) };
      const message = 'in @complain with lines of "~", snapd logs what is allowed too';
      this.#warnings.push({ code: 'snapd-complain', message, ...place });
    }
    for (const line of lines) {
      this.#warnOfMasks(line);
      if (line.isDenied) {
        this.#add(line, { action: 'SCMP_ACT_ERRNO', errnoRet: EXPLICIT_DENIAL }, exactRules(line.conditions));
        continue;
      }
      if (allowed !== ALLOW) continue;
      const against = denied.get(line.name) ?? [];
      const rules = against.reduce<readonly (readonly BitComparison[])[] | undefined>(
        (alternatives, { conditions }) => withoutDenied(alternatives, conditions),
        [line.conditions],
      );
      if (rules?.length === 0) {
        const message = `${line.name} is denied by a line of "~" whatever its arguments, so this line has no effect`;
        const place = { path: '', position: this.#text.positionAt(line.offset) };
        this.#warnings.push({ code: 'never-matches', message, ...place });
        continue;
      }
      const made = rules?.map(exactRules);
      this.#add(line, ALLOW, made?.includes(undefined) ? undefined : made?.flatMap((each) => each!));
    }
  }

  /** Constants of several bits are meant as a whole. */
  #warnOfMasks({ offset }: SnapdLine): void {
    const line = /[^\r\n]*/.exec(this.#text.text.slice(offset))![0];
    const found = [...line.matchAll(/\|(\d+)(?!\S)/g)].find(([, digits]) => {
      const value = BigInt(digits!);
      return (value & (value - 1n)) !== 0n;
    });
    if (!found) return;
    const message = `${found[0]} holds where all bits of ${found[1]} are set, not where any is`;
    const position = this.#text.positionAt(offset + found.index);
    this.#warnings.push({ code: 'snapd-mask', message, path: '', position });
  }

  #add({ name, offset, conditions, comment }: SnapdLine, entry: Entry, rules: readonly ExactRule[] | undefined): void {
    if (rules === undefined || rules.length > MAX_RULES) {
      const message = `${name}: these conditions would take more than ${MAX_RULES} libseccomp rules`;
      this.#report('too-many-conditions', offset, message, 'deny it by fewer conditions');
      return;
    }
    const last = this.#syscalls.at(-1);
    const isPlain = conditions.length === 0 && rules.length === 1 && rules[0]!.args.length === 0;
    const isAlike = last && !last.args && last.action === entry.action && last.errnoRet === entry.errnoRet;
    if (isPlain && isAlike && comment === undefined && !last.names!.includes(name)) {
      last.names!.push(name);
      this.#origins.at(-1)!.push(offset);
      return;
    }
    for (const { args } of rules) {
      this.#syscalls.push({
        names: [name],
        ...entry,
        ...(args.length > 0 ? { args } : {}),
        ...(comment === undefined ? {} : { comment }),
      });
      this.#origins.push([offset]);
    }
  }
}

function defaultOf({ mode }: SnapdTemplate): Pick<DockerSeccomp, 'defaultAction' | 'defaultErrnoRet'> {
  if (mode === 'unrestricted') return { defaultAction: 'SCMP_ACT_ALLOW' };
  if (mode === 'complain') return { defaultAction: 'SCMP_ACT_LOG' };
  return { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: IMPLICIT_DENIAL };
}

/** Alternatives, of which each has one condition of the denial that does not hold, after those that do. */
function withoutDenied(
  alternatives: readonly (readonly BitComparison[])[] | undefined,
  denial: readonly BitComparison[],
): readonly (readonly BitComparison[])[] | undefined {
  if (!alternatives) return undefined;
  const rest = alternatives.flatMap((given) =>
    denial.map((condition, index) => [
      ...given,
      ...denial.slice(0, index),
      { ...condition, op: NEGATED[condition.op] },
    ]),
  );
  return rest.length > MAX_RULES ? undefined : rest;
}
