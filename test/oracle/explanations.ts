import { type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { LOW_HALF } from '../../src/bpf/decisions/condition.js';
import { FALSE, type Node, TRUE } from '../../src/bpf/decisions/diagram-store.js';
import { policyTable } from '../../src/bpf/index.js';
import { answerCall, type CallAnswer, formatCallAnswer } from '../../src/explain/call-answer.js';
import { formatPolicy } from '../../src/explain/format-policy.js';
import { nameTable } from '../../src/explain/named-policy.js';
import { listSyscalls } from '../../src/libseccomp/syscall-table.js';
import { type DecisionWords, parseDecisions, readCondition } from './condition-words.js';
import type { ExplainedProfile, Standing } from './explained-profile.js';

// Every line that `scmp explain` writes, by a pattern, and what it claims asked of the decision diagram; of a line of the profile
// also of the program without it.

export interface AskedLines {
  /** How many lines of each form were asked. */
  seen: Map<string, number>;
  wrong: string[];
}

type Tell = (form: string, isSo: boolean, what: string) => void;

export function expectation({ seen, wrong }: AskedLines, about: ExplainedProfile, subject: string): Tell {
  return (form, isSo, what) => {
    seen.set(form, (seen.get(form) ?? 0) + 1);
    if (!isSo)
      wrong.push(`${form}: ${subject}: ${what}\n${about.target} ${JSON.stringify(about.options)} ${about.text}`);
  };
}

/** The form of a line that is none. */
export const NOBODY = 'nobody asks this';

const DEPENDENT = /^(.*) without capabilities; (.*) with Docker's default set: --cap docker$/;

/** The calls of a number; `whole` are the bits of arguments that conditions are about, where not of the whole register. */
interface AskedNumber {
  arch: ArchitectureName;
  nr: number;
  name: string;
  within?: Node;
  whole?: bigint | undefined;
}

/** Whether decisions in words are those of a number, on the calls for which `within` holds: each where its condition does. */
function areDecisions(
  { program }: ExplainedProfile,
  words: readonly DecisionWords[],
  { arch, nr, name, within = TRUE, whole }: AskedNumber,
): boolean {
  const { store } = program;
  let left = within;
  return (
    words.every(({ action, when }, index) => {
      const given = store.and(program.whereGiven(arch, nr, action), within);
      const isTooMany = when === 'the arguments are of more kinds than can be listed';
      if ((when === undefined) !== (index === words.length - 1)) return false;
      const said =
        when === undefined
          ? left
          : isTooMany
            ? given
            : store.and(readCondition(store, when, name, arch, whole), within);
      left = store.and(left, store.not(said));
      return said === given && given !== FALSE;
    }) && left === FALSE
  );
}

const same = (one: readonly DecisionWords[], other: readonly DecisionWords[]) =>
  JSON.stringify(one) === JSON.stringify(other);

/** Ask all of `scmp explain FILE`. */
export function askListing(about: ExplainedProfile, usual: ExplainedProfile | undefined, asked: AskedLines): void {
  const { libseccomp } = about;
  const named = ({ entries }: ExplainedProfile) => nameTable(policyTable(entries.compiled), libseccomp);
  // Words are not cut: a line is a sentence.
  const options = { width: Number.MAX_SAFE_INTEGER, first: about.target };
  const text = formatPolicy(named(about), { withUsualCapabilities: usual && named(usual), ...options });
  const sections: Sections = new Map();
  for (const section of text.trimEnd().split('\n\n')) askSection(section, about, usual, asked, sections);
}

/** What was told of a call: without capabilities, and in words with the usual ones, where that differs. */
interface ToldCall {
  decisions: readonly DecisionWords[];
  usual?: string | undefined;
}

/** What was told of an architecture's calls, and of its numbers without a name. */
interface ToldSection {
  calls: Map<string, ToldCall>;
  rest: readonly DecisionWords[] | undefined;
  /** Those that are decided otherwise. */
  numbers: [number, number][];
}
type Sections = Map<string, ToldSection>;

/** `x86_64: 2 calls allowed, 384 denied; any other number: ERRNO(EPERM), any other architecture: KILL_THREAD` */
function askSummary(title: string, about: ExplainedProfile, usual: ExplainedProfile | undefined, tell: Tell): boolean {
  const [, arch, counts, others] =
    /^(\w+): (\d+ calls?(?: [a-z]+)+(?:, \d+(?: [a-z]+)+)*); (any other number: .*)$/.exec(title) ?? [];
  if (arch === undefined || counts === undefined || others === undefined) return false;
  const { program } = about;
  const all = listSyscalls(about.libseccomp, parseArchitecture(arch as ArchitectureName));
  const kinds = all.map(({ number }) => {
    if (!isAlike(about, usual, arch as ArchitectureName, number)) return 'depending on capabilities';
    const [only = '', ...more] = program.actionsOf(program.decision(arch as ArchitectureName, number));
    if (more.length > 0) return 'depending on arguments';
    if (/^(ALLOW|LOG)$/.test(only)) return 'allowed';
    return /^(TRACE|NOTIFY)/.test(only) ? 'decided by another process' : 'denied';
  });
  for (const [, count, kind] of counts.matchAll(/(\d+)(?: calls?)? ([a-z ]+)/g))
    tell('summary', kinds.filter((each) => each === kind).length === Number(count), title);
  const sum = [...counts.matchAll(/\d+/g)].reduce((total, [count]) => total + Number(count), 0);
  tell('summary', sum === all.length && arch === about.target, title);
  const elsewhere = / any other architecture: (\S+)$/.exec(others);
  if (elsewhere) tell('summary', program.actionsOf(program.decisionAt(3, 0)).join() === elsewhere[1], title);
  return true;
}

function askSection(
  section: string,
  about: ExplainedProfile,
  usual: ExplainedProfile | undefined,
  asked: AskedLines,
  sections: Sections,
): void {
  const [title = '', ...lines] = section.split('\n');
  const tell = expectation(asked, about, title);
  const { program } = about;
  if (title.startsWith('This program never looks at the architecture')) {
    const everywhere = [3, 0x40000003, 0xc000003e].map((auditArch) => program.decisionAt(auditArch, 1));
    tell('architecture unseen', new Set(everywhere).size === 1, title);
    return;
  }
  if (title === 'any other architecture') {
    for (const line of lines) {
      const [, words = ''] = /^ {2}every call: (.*)$/.exec(line) ?? [];
      const found = program.actionsOf(program.decisionAt(3, 0));
      tell(words === '' ? NOBODY : 'other architecture', found.join() === words, line);
    }
    return;
  }
  if (lines.length === 0 && askSummary(title, about, usual, tell)) return;
  if (title === 'whatever the filter says') {
    for (const line of lines) askNote(line.trim(), about, tell);
    return;
  }
  const [, folded, other, isBut] = /^(\w+): as (\w+)(, but for)?$/.exec(title) ?? [];
  const arch = (folded ?? title) as ArchitectureName;
  const there = other === undefined ? undefined : sections.get(other);
  if (other !== undefined)
    tell('as another', there !== undefined && (isBut === undefined) === !isTold(lines[0]), title);
  const all = new Map(listSyscalls(about.libseccomp, parseArchitecture(arch)).map((each) => [each.name, each.number]));
  const answers: ToldSection = { calls: new Map(), rest: undefined, numbers: [] };
  const { calls: told, numbers } = answers;
  /** Whether the lines are about calls that the other architecture lacks. */
  let isOwn = false;
  const one = (form: string, name: string, call: ToldCall, line: string, whole?: bigint) => {
    const nr = all.get(name);
    const isSo = nr !== undefined && !told.has(name) && areDecisions(about, call.decisions, { arch, nr, name, whole });
    tell(form, isSo, `${name}: ${line}`);
    if (there) tell('as another', there.calls.has(name) !== isOwn, `${name}: ${line}`);
    if (nr !== undefined && call.usual !== undefined) {
      askUsual(name, call.usual, { arch, nr, name, whole }, usual, tell);
      tell('depends on capabilities', !same(call.decisions, parseDecisions(call.usual)), line);
    } else tell('depends on nothing else', isAlike(about, usual, arch, nr as number), line);
    told.set(name, call);
  };
  const askNumbers = (decisions: readonly DecisionWords[], line: string) => {
    for (const nr of unnamed(arch, all, numbers))
      tell('numbers without a name', areDecisions(about, decisions, { arch, nr, name: '' }), `${nr}: ${line}`);
    answers.rest = decisions;
  };
  let always: string | undefined;
  let isLow = false;
  let left = 0;
  let named = new Set<string>();
  for (const line of lines) {
    const heading =
      /^ {2}(?:(\S+) always|depending on (?:arguments|capabilities)|(by the low 32 bits of the arguments alone)) \((\d+)\):$/.exec(
        line,
      );
    const rest = /^ {2}(?:every (?:other )?call \((\d+) with a name\)|(numbers without a name)): (.*)$/.exec(line);
    const range = /^ {2}numbers? (?:from )?(\d+)(?: to (\d+))?, without a name: (.*)$/.exec(line);
    const call = /^ {4}(\w+): (.*)$/.exec(line);
    const lacks = /^(\w+): calls that (\w+) lacks$/.exec(line);
    if (heading || rest || range || lacks) tell('as many as it says', left === 0, line);
    if (lacks) {
      tell('as another', lacks[1] === arch && lacks[2] === other, line);
      isOwn = true;
    } else if (heading) {
      always = heading[1];
      isLow = heading[2] !== undefined;
      left = Number(heading[3]);
    } else if (rest) {
      const decisions = parseDecisions(rest[3] as string);
      const others = [...all.keys()].filter((name) => !told.has(name) && (!there || (isOwn && !there.calls.has(name))));
      if (rest[1] !== undefined || !there) tell('as many as it says', others.length === Number(rest[1] ?? 0), line);
      if (rest[1] !== undefined) for (const name of others) one('the other calls', name, { decisions }, line);
      if (!isOwn) askNumbers(decisions, line);
      named = new Set(others);
      always = undefined;
    } else if (range) {
      const [from, to] = [Number(range[1]), Number(range[2] ?? (line.includes('from') ? 2 ** 32 - 1 : range[1]))];
      numbers.push([from, to]);
      for (const nr of [from, to])
        tell(
          'numbers of their own',
          areDecisions(about, parseDecisions(range[3] as string), { arch, nr, name: '' }),
          line,
        );
    } else if (call) {
      const [, name = '', words = ''] = call;
      const [, without, withUsual] = DEPENDENT.exec(words) ?? [];
      left--;
      one('depends', name, { decisions: parseDecisions(without ?? words), usual: withUsual }, line);
    } else if (/^ {4}[\w ]+$/.test(line)) {
      for (const name of line.trim().split(' ')) {
        const alike = there?.calls.get(name);
        if (left > 0 && always !== undefined) one('always', name, { decisions: [{ action: always }] }, line);
        else if (left > 0 && isLow && alike) one('low halves', name, alike, line, LOW_HALF);
        else tell('the other calls', named.delete(name), `${name}: ${line}`);
        if (left > 0) left--;
      }
      if (left === 0 && always === undefined && !isLow) tell('as many as it says', named.size === 0, line);
    } else tell(NOBODY, false, line);
  }
  if (there) {
    for (const [name, call] of there.calls)
      if (all.has(name) && !told.has(name)) {
        isOwn = false;
        one('as another', name, call, title);
      }
    tell('as another', told.size === all.size, `${title}: every call`);
    if (!answers.rest && there.rest) {
      numbers.push(...there.numbers);
      askNumbers(there.rest, title);
    }
  }
  sections.set(arch, answers);
}

/** Whether a line says anything of the calls that two architectures have. */
const isTold = (line: string | undefined) => line?.startsWith(' ') === true;

function isAlike(about: ExplainedProfile, usual: ExplainedProfile | undefined, arch: ArchitectureName, nr: number) {
  return usual === undefined || usual.program.decision(arch, nr) === about.program.decision(arch, nr);
}

/** Some numbers that no call has, outside of the reported ranges. */
function unnamed(
  arch: ArchitectureName,
  named: ReadonlyMap<string, number>,
  told: readonly [number, number][],
): number[] {
  const base = arch === 'x32' ? 0x40000000 : 0;
  const taken = new Set(named.values());
  return [base + 999, base + 5000, base + 0x3ffffffe, ...[...taken].map((nr) => nr + 1)].filter(
    (nr) => !taken.has(nr) && !told.some(([from, to]) => from <= nr && nr <= to),
  );
}

function askUsual(
  what: string,
  words: string,
  call: AskedNumber,
  usual: ExplainedProfile | undefined,
  tell: Tell,
): void {
  const isSo = usual !== undefined && areDecisions(usual, parseDecisions(words), call);
  tell('with Docker’s default set', isSo, `${what}: ${words}`);
}

/** That a kernel asks no filter is not ours to ask; that this filter would not let the call run is. */
function askNote(line: string, { program }: ExplainedProfile, tell: Tell): void {
  const [, name] = /^kernels never ask a filter about (uprobe|uretprobe) on x86_64 /.exec(line) ?? [];
  const found = program.actions('x86_64', { nr: name === 'uprobe' ? 336 : 335 });
  tell(
    name === undefined ? NOBODY : 'never asked',
    found.some((action) => action !== 'ALLOW'),
    line,
  );
}

/** Ask all of `scmp explain FILE CALL`, as text and as JSON. */
export function askCall(
  about: ExplainedProfile,
  usual: ExplainedProfile | undefined,
  syscall: string,
  asked: AskedLines,
): void {
  const { compiled } = about.entries;
  const filter = {
    program: compiled.program,
    endianness: parseArchitecture(about.target).endianness,
    withUsual: usual?.entries.compiled.program,
    profile: { source: 'profile.json', entries: about.entries },
  };
  const { answers } = answerCall(filter, syscall, about.libseccomp);
  for (const answer of answers) {
    const call = new CallQuestion(about, usual, syscall, answer, asked);
    call.askText(formatCallAnswer(answer, filter));
    call.askJson(JSON.parse(JSON.stringify(answer)));
  }
}

const FIRST = /^(\w+): (?:through (socketcall|ipc)|(\w+)) \((\d+)\): (.*)$/;
const ENTRY =
  /^profile\.json:\d+:\d+: (syscalls\[(\d+)\](?:\.names\[(\d+)\])?): (an errno that \w+ lacks|[A-Z_]+(?:\([^)]*\))?)(, depending on arguments)?(?:, does not apply: (.+?)(?:; with ((?:--cap \w+ ?)+) it does)?)?(, which no call gets here)?$/;

/** One answer: a call at one number of an architecture. */
class CallQuestion {
  readonly #tell: Tell;
  readonly #arch: ArchitectureName;
  readonly #nr: number;
  /** The calls of the number that are meant: behind a multiplexer one of many. */
  readonly #within: Node;
  readonly #standing: readonly Standing[];

  constructor(
    readonly about: ExplainedProfile,
    readonly usual: ExplainedProfile | undefined,
    readonly syscall: string,
    { architecture, number, through }: CallAnswer,
    readonly asked: AskedLines,
  ) {
    this.#tell = expectation(asked, about, `${syscall} on ${architecture}${through ? ` through ${through}` : ''}`);
    this.#arch = architecture;
    this.#nr = number;
    this.#within = through === undefined ? TRUE : about.behind(architecture, syscall);
    this.#standing = about
      .standing(architecture, number)
      .filter(({ name }) => through === undefined || name === syscall || name === through)
      .map((each) => ({ ...each, where: about.program.store.and(each.where, this.#within) }));
  }

  askText(text: string): void {
    const [first = '', ...lines] = text.trimEnd().split('\n');
    const tell = this.#tell;
    const [, arch, through, name = through, nr, words] = FIRST.exec(first) ?? [];
    if (words === undefined || name === undefined) {
      tell(NOBODY, false, first);
      return;
    }
    tell('the number', arch === this.#arch && Number(nr) === this.#nr, first);
    const call = { arch: this.#arch, nr: this.#nr, name, within: this.#within };
    const [, without = words, withUsual] = DEPENDENT.exec(words) ?? [];
    tell(through ? 'through' : 'decisions', areDecisions(this.about, parseDecisions(without), call), first);
    if (withUsual !== undefined) askUsual(first, withUsual, call, this.usual, tell);
    else tell('depends on nothing else', this.#isAlikeWithUsual(), first);
    for (const line of lines) this.#askLine(line.trim());
    this.#askComplete(lines);
  }

  #isAlikeWithUsual(): boolean {
    const { about, usual } = this;
    const decided = ({ program }: ExplainedProfile) =>
      program.store.ite(this.#within, program.decision(this.#arch, this.#nr), FALSE);
    return usual === undefined || decided(usual) === decided(about);
  }

  #askLine(line: string): void {
    const { about } = this;
    const tell = this.#tell;
    const entry = ENTRY.exec(line);
    if (entry) {
      const [, path = '', index, at, action = '', isConditional, why, options, isIdle] = entry;
      const place = { index: Number(index), at: Number(at ?? 0), path };
      if (why === undefined) this.#askStanding(place, action, isConditional !== undefined, isIdle === undefined, line);
      else this.#askDropped(place, why, options, line);
      if (action !== about.says(place.index, this.#arch)) tell('what the entry says', false, line);
      return;
    }
    if (line.startsWith('kernels never ask')) {
      tell('never asked', this.#arch === 'x86_64' && [335, 336].includes(this.#nr), line);
      return;
    }
    const unlisted = /^the profile does not list (\w+) among its architectures$/.exec(line);
    if (unlisted) {
      const listed = [about.target, ...about.entries.compiled.arches];
      tell('not listed', unlisted[1] === this.#arch && !listed.includes(this.#arch), line);
      return;
    }
    const fallback =
      /^no entry (names it|decides it)(?:: the (default action|ENOSYS stub for newer calls) decides)?$/.exec(line);
    if (fallback) this.#askFallback(fallback[1] === 'names it', fallback[2], line);
    else tell(NOBODY, false, line);
  }

  /** An entry that stands at the number: its action is what some call that meets it gets, and gets no more without it. */
  #askStanding(
    { index, at }: { index: number; at: number },
    action: string,
    isConditional: boolean,
    hasEffect: boolean,
    line: string,
  ): void {
    const { about } = this;
    const { program } = about;
    const tell = this.#tell;
    const rules = this.#standing.filter((each) => each.index === index && each.at === at);
    tell('an entry applies', about.applies(index) && rules.length > 0, line);
    const given = program.whereGiven(this.#arch, this.#nr, action);
    const isGiven = (rule: Standing) => about.meet(rule.where, given);
    tell(hasEffect ? 'an entry decides' : 'an entry is idle', rules.some(isGiven) === hasEffect, line);
    const isAlways = rules.some(({ where }) => where === this.#within);
    tell('depending on arguments', isConditional !== isAlways, line);
    if (!hasEffect || action === about.default) return;
    // Without all that say the same here, no call that met them gets it.
    const alike = this.#standing.filter((each) => each.action === action);
    const without = about.without(alike);
    const mine = alike.reduce((some: Node, { where }) => program.store.or(some, where), FALSE);
    const after = without?.program.actionsWhere(this.#arch, this.#nr, mine);
    if (after) tell('a line removed', !after.includes(action) || this.#isStub(action), line);
  }

  /** The stub may say the same; it stands in front of all entries. */
  #isStub(action: string): boolean {
    return this.about.options.enosysStub === true && action.startsWith('ERRNO');
  }

  #askDropped({ index }: { index: number }, why: string, options: string | undefined, line: string): void {
    const { about } = this;
    const tell = this.#tell;
    tell('does not apply', about.isLeftOut(index, why, this.#standing), line);
    if (options !== undefined) {
      const given = options
        .trim()
        .split(/ ?--cap /)
        .slice(1)
        .map((name) => `CAP_${name}`);
      const capabilities = [...(about.options.capabilities ?? []), ...given];
      tell('with --cap it does', about.applies(index, capabilities), line);
    }
    const without = about.attempt(({ syscalls }) => {
      syscalls[index] = { names: ['_sysctl_none'], action: 'SCMP_ACT_LOG' };
    });
    // A name that is there counts for the ENOSYS stub, whatever becomes of its entry.
    if (!without || about.options.enosysStub) return;
    tell(
      'a line without effect removed',
      without.program.decision(this.#arch, this.#nr) === about.program.decision(this.#arch, this.#nr),
      line,
    );
  }

  #askFallback(isUnnamed: boolean, by: string | undefined, line: string): void {
    const { about } = this;
    const tell = this.#tell;
    const decided = about.program.actionsWhere(this.#arch, this.#nr, this.#within);
    const named = about.profile.syscalls.some(({ names = [] }) => names.includes(this.syscall));
    tell('no entry names it', isUnnamed === (!named && this.#standing.length === 0), line);
    if (by === 'default action') tell('the default decides', decided.join() === about.default, line);
    else if (by !== undefined) {
      const without = about.again(() => {}, { enosysStub: false });
      const after = without.program.actionsWhere(this.#arch, this.#nr, this.#within).join();
      const isSo = /ENOSYS/.test(decided.join()) && (after !== decided.join() || after === about.default);
      tell('the stub decides', isSo && about.options.enosysStub === true, line);
    } else tell('who knows', decided.length > 1, line);
  }

  /** Every entry about the call is named. */
  #askComplete(lines: readonly string[]): void {
    if (!this.about.entries.compiled.arches.includes(this.#arch)) return;
    const named = lines.flatMap((line) => ENTRY.exec(line.trim()) ?? []);
    for (const { index, at, name, where } of this.#standing) {
      if (where === FALSE && name !== this.syscall) continue;
      const isNamed = lines.some((line) => line.includes(`syscalls[${index}].names[${at}]:`));
      this.#tell('every entry is named', isNamed, `syscalls[${index}].names[${at}] of ${named.length}`);
    }
  }

  /** The same facts, key by key: what is a claim stands in the text too. */
  askJson({ decisions, entries, withDockerCapabilities, notes, ...rest }: CallAnswer): void {
    const tell = this.#tell;
    const { name, number, architecture, through, ...others } = rest;
    tell(
      'JSON',
      Object.keys(others).length === 0 && number === this.#nr && architecture === this.#arch,
      JSON.stringify(rest),
    );
    const call = { arch: this.#arch, nr: this.#nr, name, within: this.#within };
    const words = (all: CallAnswer['decisions']) =>
      all.map(({ action, when }, index): DecisionWords => {
        const said = this.about.program.says(action, this.#arch);
        if (index === all.length - 1) return { action: said };
        return {
          action: said,
          ...(when === undefined ? {} : { when: when ?? 'the arguments are of more kinds than can be listed' }),
        };
      });
    tell('JSON', areDecisions(this.about, words(decisions), call), JSON.stringify(decisions));
    // In JSON the last one has its condition too.
    const { when } = decisions.at(-1) ?? {};
    if (when != null) {
      const { store } = this.about.program;
      const said = store.and(readCondition(store, when, name, this.#arch), this.#within);
      const given = store.and(
        this.about.program.whereGiven(this.#arch, this.#nr, words(decisions).at(-1)?.action ?? ''),
        this.#within,
      );
      tell('JSON', said === given, when);
    }
    if (withDockerCapabilities !== undefined)
      tell('JSON', this.usual !== undefined && areDecisions(this.usual, words(withDockerCapabilities), call), name);
    for (const {
      path,
      action,
      isConditional,
      dropped,
      lackingCapabilities,
      hasEffect,
      name: listed,
      ...more
    } of entries ?? []) {
      const { position: _, source: __, ...unknown } = more;
      tell('JSON', Object.keys(unknown).length === 0 && through !== listed.concat('?'), JSON.stringify(more));
      const [, index = '', at = ''] = /^syscalls\[(\d+)\]\.names\[(\d+)\]$/.exec(path) ?? [];
      const options = lackingCapabilities?.map((each) => `--cap ${each.replace(/^CAP_/, '')}`).join(' ');
      tell(
        'JSON',
        action === undefined ||
          this.about.program.says(action, this.#arch) === this.about.says(Number(index), this.#arch),
        path,
      );
      const place = { index: Number(index), at: Number(at), path };
      const said = action ? this.about.program.says(action, this.#arch) : '';
      if (dropped !== undefined) this.#askDropped(place, dropped, options, `${path} JSON`);
      else this.#askStanding(place, said, isConditional, hasEffect !== false, `${path} JSON`);
    }
    for (const note of notes ?? []) tell('never asked', [335, 336].includes(this.#nr), note);
  }
}
