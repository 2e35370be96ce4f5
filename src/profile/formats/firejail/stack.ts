import { quote } from '../../../text.js';
import { type Abi, FIREJAIL_VERSION, groupCalls, SECONDARY_CALLS } from './groups.js';
import type { FirejailLine, Keyword } from './lines.js';
import { actionOf, dropFilters, keepFilter, listWords } from './lists.js';
import type { Reports } from './reports.js';
import {
  allowProtocols,
  blockPersonalities,
  denyNamespaces,
  denyWriteExecute,
  NAMESPACES,
  PROTOCOLS,
} from './restrictions.js';
import { type Action, ALLOW, errno, type Filter, isSame, LOG, type Origin, type Verdict } from './verdicts.js';

/** The filters that firejail installs, for calls of each ABI: the newest first. */
export interface Stack {
  readonly x86_64: readonly Filter[];
  readonly x86: readonly Filter[];
  /** `seccomp.block-secondary`: the machine's other ABIs are refused. */
  readonly isBlocked: boolean;
  /** A line that installs a filter. */
  readonly origin: Origin;
}

const EPERM = errno(1);
const originOf = ({ text, offset, keyword }: FirejailLine): Origin => ({ text, offset, impliedBy: keyword });

/**
 * The filters that firejail makes of a profile's lines (src/firejail: profile.c, sandbox.c, seccomp.c). Undefined where it
 * installs none.
 */
export function stackOf(lines: readonly FirejailLine[], reports: Reports): Stack | undefined {
  return new StackReader(lines, reports).read();
}

class StackReader {
  readonly #lines: readonly FirejailLine[];
  readonly #reports: Reports;
  readonly #refused: Action;

  constructor(lines: readonly FirejailLine[], reports: Reports) {
    this.#lines = lines;
    this.#reports = reports;
    this.#refused = this.#errorAction();
  }

  read(): Stack | undefined {
    const refused = this.#refused;
    const block = this.#last('seccomp.block-secondary');
    const native = this.#native(block);
    const secondary = this.#secondary(block);
    const both = (line: FirejailLine | undefined, make: (is32: boolean) => Filter) =>
      line ? { x86_64: [make(false)], x86: [make(true)] } : { x86_64: [], x86: [] };
    const protocol = this.#protocol();
    const writeExecute = this.#last('memory-deny-write-execute');
    const memory = both(writeExecute, (is32) => denyWriteExecute(refused, is32, originOf(writeExecute!)));
    const namespaces = this.#namespaces();
    // Each is installed before those on its left: among equal answers the kernel takes the newest filter's.
    const x86_64 = [...native.later, ...protocol, ...native.first, ...memory.x86_64, ...namespaces];
    const x86 = [...protocol, ...secondary, ...memory.x86, ...namespaces];
    const [line] = this.#lines.filter(
      ({ keyword }) => keyword !== 'allow-debuggers' && keyword !== 'seccomp-error-action',
    );
    if (!line || x86_64.length + x86.length === 0) return undefined;
    this.#warnOf32(x86, block);
    return { x86_64, x86, isBlocked: block !== undefined, origin: originOf(line) };
  }

  #last(keyword: Keyword): FirejailLine | undefined {
    return this.#lines.filter((line) => line.keyword === keyword).at(-1);
  }

  /** The line with a list that counts: of several the last. */
  #list(keyword: Keyword): FirejailLine | undefined {
    const all = this.#lines.filter((line) => line.keyword === keyword && line.value !== undefined);
    const last = all.at(-1);
    for (const line of all.slice(0, -1)) {
      if (line.value !== last!.value) {
        this.#reports.warn(
          'firejail-list-replaced',
          line,
          `a later ${quote(keyword)} line replaces this list: firejail does not join them`,
        );
      }
    }
    return last;
  }

  #errorAction(): Action {
    const line = this.#last('seccomp-error-action');
    if (!line) return EPERM;
    if (line.value === 'log') return LOG;
    const action = actionOf(line.value!);
    if (action) return action;
    const at = { text: line.text, offset: line.valueOffset };
    this.#reports.report(
      'unknown-action',
      at,
      `${quote(line.value!)} is no action of firejail`,
      'write kill, log, or an errno',
    );
    return EPERM;
  }

  #words(line: FirejailLine, abi: Abi) {
    return listWords(line, abi, this.#reports);
  }

  /** The filters of the lists for 64-bit calls: only one of the lists counts. */
  #native(block: FirejailLine | undefined): { later: Filter[]; first: Filter[] } {
    const [keep, drop, more] = [this.#list('seccomp.keep'), this.#list('seccomp.drop'), this.#list('seccomp')];
    const refused = this.#refused;
    const chosen = keep ?? drop;
    if (chosen) {
      for (const other of [drop, more, this.#lines.find(({ keyword, value }) => keyword === 'seccomp' && !value)]) {
        if (!other || other === chosen) continue;
        const message = `${quote(other.keyword)} has no effect beside ${quote(chosen.keyword)}: firejail takes one of them`;
        this.#reports.warn('firejail-list-replaced', other, message);
      }
    }
    // Made when the package was built: the action of seccomp-error-action is not in it.
    const blocked = block ? [blockPersonalities(chosen ? EPERM : refused, originOf(block))] : [];
    if (keep) {
      return {
        later: blocked,
        first: [keepFilter({ line: keep, words: this.#words(keep, 'x86_64'), refused, defaults: [] })],
      };
    }
    const line = drop ?? more ?? this.#last('seccomp') ?? block;
    if (!line) return { later: [], first: [] };
    const defaults = drop ? [] : this.#defaults();
    const words = drop || more ? this.#words(line, 'x86_64') : [];
    const filters = dropFilters({ line, words, refused, defaults });
    // The last is installed before the program starts, the others after.
    return { later: [...filters.slice(0, -1), ...blocked], first: filters.slice(-1) };
  }

  #defaults(): readonly string[] {
    return groupCalls(this.#last('allow-debuggers') ? '@default' : '@default-nodebuggers')!;
  }

  /** The filter of 32-bit calls. Where firejail does not do what a line says, that is reported. */
  #secondary(block: FirejailLine | undefined): Filter[] {
    const refused = this.#refused;
    const [keep32, drop32, more32] = [
      this.#list('seccomp.32.keep'),
      this.#list('seccomp.32.drop'),
      this.#list('seccomp.32'),
    ];
    const [keep, drop, more] = [this.#last('seccomp.keep'), this.#last('seccomp.drop'), this.#list('seccomp')];
    const refuse = (line: FirejailLine, message: string, hint: string) =>
      this.#reports.report('bad-syntax', line, `firejail ${FIREJAIL_VERSION} ${message}`, hint);
    if (keep32) {
      const hint = 'take it out; seccomp.block-secondary refuses the 32-bit calls';
      refuse(keep32, 'makes a filter of 64-bit calls of this line, and none of 32-bit ones', hint);
      return [];
    }
    const line = drop32 ?? more32;
    if (block) {
      if (line) refuse(line, 'does not start with this line beside seccomp.block-secondary', 'take one of them out');
      return [];
    }
    if (drop32 && !drop) {
      refuse(
        drop32,
        'ignores this list without a seccomp.drop',
        'give the 64-bit calls a seccomp.drop, or write seccomp.32',
      );
      return [];
    }
    if (more32 && drop) {
      refuse(more32, 'does not start with this line beside seccomp.drop', 'write seccomp.32.drop');
      return [];
    }
    if (drop32) return dropFilters({ line: drop32, words: this.#words(drop32, 'x86'), refused, defaults: [] });
    if (more32) {
      if (!more && isSame(refused, EPERM)) {
        refuse(more32, 'ignores this list unless the seccomp line has one too', 'write a list after seccomp');
        return [];
      }
      return dropFilters({ line: more32, words: this.#words(more32, 'x86'), refused, defaults: this.#defaults() });
    }
    const seccomp = this.#last('seccomp');
    if (!seccomp || keep || drop) return [];
    const verdict: Verdict = { action: refused, origin: originOf(seccomp) };
    const calls = new Map(SECONDARY_CALLS.map((call) => [call, verdict] as const));
    return [{ calls, rest: { action: ALLOW, origin: originOf(seccomp) } }];
  }

  #protocol(): Filter[] {
    const line = this.#last('protocol');
    const names = this.#joined('protocol', [...PROTOCOLS.keys()], 'protocol');
    return line ? [allowProtocols(names, originOf(line))] : [];
  }

  #namespaces(): Filter[] {
    const line = this.#last('restrict-namespaces');
    const names = this.#joined('restrict-namespaces', [...NAMESPACES.keys()], 'namespace');
    return line && names.length > 0 ? [denyNamespaces(names, this.#refused, originOf(line))] : [];
  }

  /** Lists of several lines in one, in which "-" takes away, "+" adds, and "=" begins anew (profile_list_compress). */
  #joined(keyword: Keyword, known: readonly string[], what: string): readonly string[] {
    let names: readonly string[] = [];
    for (const { value = known.join(','), valueOffset, text, keyword: own } of this.#lines) {
      if (own !== keyword) continue;
      for (const { 0: word, index } of value.matchAll(/[^,]+/g)) {
        const [, sign, name = ''] = /^([-+=]?)(.*)$/.exec(word)!;
        if (name !== '' && !known.includes(name)) {
          const at = { text, offset: valueOffset + index };
          this.#reports.report(
            'unknown-constant',
            at,
            `${quote(name)} is no ${what} of firejail`,
            `known are ${known.join(', ')}`,
          );
          continue;
        }
        const others = sign === '=' ? [] : names.filter((each) => each !== name);
        names = sign === '-' || name === '' ? others : [...others, name];
      }
    }
    return names;
  }

  /** Lists of 64-bit calls leave the 32-bit ones open, which every x86_64 Linux has by default. */
  #warnOf32(x86: readonly Filter[], block: FirejailLine | undefined): void {
    const [keep, drop] = [this.#last('seccomp.keep'), this.#last('seccomp.drop')];
    const line = keep ?? drop;
    if (!line || block || this.#last('seccomp.32') || this.#last('seccomp.32.drop')) return;
    const also = x86.length > 0 ? ', but for what other lines say' : '';
    const message = `${quote(line.keyword)} is of 64-bit calls: the 32-bit ones of x86_64 are open${also}`;
    this.#reports.warn('firejail-32-bit-open', line, message);
  }
}
