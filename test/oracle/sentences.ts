import { type ArchitectureName, parseArchitecture } from '../../src/architecture.js';
import { type AskedProgram, mayRun } from './asked-program.js';
import { type Argument, type Entry, multiplexedCode, type Profile } from './evaluate-profile.js';

/** What a sentence is about, besides what stands in it. */
export interface About {
  program: AskedProgram;
  profile: Profile;
  /** The machine that is checked or compiled for, and the architectures of the filter that are meant. */
  target: ArchitectureName;
  on: readonly ArchitectureName[];
  /** The JSON path that the sentence stands at. */
  path: string;
}

/** Whether a sentence of this form is true: asked of the program alone. */
type Test = (groups: string[], about: About) => boolean;

const names = (words: string): string[] => words.replace(/ and \d+ more$/, '').split(/, | and /);

const entryAt = ({ profile }: About, path: string): Entry | undefined =>
  profile.syscalls[Number(/^syscalls\[(\d+)\]/.exec(path)?.[1] ?? -1)];

const conditionAt = (about: About): Argument | undefined =>
  entryAt(about, about.path)?.args?.[Number(/args\[(\d+)\]/.exec(about.path)?.[1] ?? -1)];

const conditionsOf = (entry: Entry | undefined): Argument[][] => {
  const conditions = entry?.args ?? [];
  const indexes = conditions.map(({ index }) => index);
  // As runc and crun do it: where an argument has several, each is a rule of its own.
  return new Set(indexes).size < indexes.length ? conditions.map((each) => [each]) : [conditions];
};

/** The conditions of an entry at the numbers of a call: at a multiplexer's, those of calls behind it too. */
function conditionsOfAt(name: string, entry: Entry | undefined): Argument[][] {
  const own = entry?.names?.includes(name) ? conditionsOf(entry) : [];
  const isMultiplexer = name === 'socketcall' || name === 'ipc';
  const codes = isMultiplexer ? (entry?.names ?? []).flatMap((each) => multiplexedCode(each) ?? []) : [];
  const behind = codes.flatMap((code) =>
    conditionsOf(entry).map((conditions) => [
      { index: 0, op: 'EQ', value: code },
      ...conditions.filter(({ index }) => Number(index) !== 0),
    ]),
  );
  return own.length + behind.length > 0 ? [...own, ...behind] : conditionsOf(entry);
}

/** What calls get that meet an entry, however they are made. */
function gets(name: string, entry: Entry | undefined, { program, on }: About): string[] {
  return on.flatMap((arch) =>
    program
      .ways(name, arch)
      .flatMap((way) =>
        conditionsOf(entry).flatMap((conditions) => program.actions(arch, { ...way, isWhole: true }, conditions)),
      ),
  );
}

const sameKind = (action: string, oci: string) => {
  const kind = action.replace(/\(.*/, '');
  return oci === 'SCMP_ACT_KILL' ? kind === 'KILL_THREAD' : oci === `SCMP_ACT_${kind}`;
};

/** Whether an action is the entry's: errnos are compared too. */
function isItsAction(action: string, { action: oci, errnoRet = 1 }: Entry): boolean {
  if (!sameKind(action, oci)) return false;
  if (!/^(ERRNO|TRACE)/.test(action)) return true;
  return action === errnoText(action, errnoRet);
}

function errnoText(action: string, errno: number): string {
  const known: Record<number, string> = { 1: 'EPERM', 38: 'ENOSYS', 13: 'EACCES', 2: 'ENOENT' };
  return action.startsWith('ERRNO') ? `ERRNO(${known[errno] ?? errno})` : `TRACE(${errno})`;
}

const OPPOSITES: Readonly<Record<string, string>> = { EQ: 'NE', NE: 'EQ', LT: 'GE', GE: 'LT', LE: 'GT', GT: 'LE' };

/** The condition that holds where another one does not; a comparison under a mask has none. */
function opposite(condition: Argument): Argument | undefined {
  const op = OPPOSITES[condition.op.replace('SCMP_CMP_', '')];
  return op === undefined ? undefined : { ...condition, op };
}

const isSome = (found: readonly string[], test: (action: string) => boolean) => found.some(test);

const every = (found: readonly string[], test: (action: string) => boolean) => found.length > 0 && found.every(test);

const fates = (list: string, { program, on }: About): string[][] =>
  names(list).map((name) => on.flatMap((arch) => program.fate(name, arch)));

/** What goes through a multiplexer, by architecture. */
const through = (list: string, multiplexer: string, { program, on }: About, isWhole = false): string[][] =>
  names(list).flatMap((name) =>
    on.map((arch) =>
      program.ways(name, arch, multiplexer).flatMap((way) => program.actions(arch, { ...way, isWhole })),
    ),
  );

const unless = (action: string) => !mayRun(action);

/** Every form of sentence that check and the compiler's warnings have about what becomes of calls. */
export const SENTENCES: readonly (readonly [RegExp, Test])[] = [
  [
    /^(\S+): this entry has no effect(?:, \S+ decides the call for all arguments \((.+)\)|: every call that meets it gets (.+?)(?: \(\S.*\))?|: no argument meets its conditions)$/,
    ([name = '', decisive, others], about) => {
      const entry = entryAt(about, about.path) as Entry;
      const found = gets(name, entry, about);
      if (others !== undefined && [...new Set(found)].some((action) => !others.split(' or ').includes(action)))
        return false;
      if (decisive !== undefined && !isSome(found, (action) => action === decisive)) return false;
      return !isSome(found, (action) => isItsAction(action, entry));
    },
  ],
  [
    /^(\S+): this entry takes nothing from (.+): its action is the default's, so it is skipped, and calls that meet both get (.+)$/,
    ([name = '', paths = '', actions = ''], about) => {
      const mine = conditionsOf(entryAt(about, about.path));
      const found = names(paths).flatMap((path) =>
        conditionsOfAt(name, entryAt(about, path)).flatMap((theirs) =>
          about.on.flatMap((arch) =>
            about.program
              .ways(name, arch)
              .flatMap((way) => mine.flatMap((own) => about.program.actions(arch, way, [...own, ...theirs]))),
          ),
        ),
      );
      return actions.split(' or ').every((action) => found.includes(action));
    },
  ],
  [
    /^(.+) through (socketcall|ipc)( \(where all 64 bits of its argument 0 are the number of the call\))? gets (.+) whatever its arguments, not only where they meet the condition: /,
    ([list = '', multiplexer = '', isWhole, actions = ''], about) =>
      through(list, multiplexer, about, isWhole !== undefined).every(
        (found) => [...new Set(found)].sort().join(' or ') === actions && every(found, unless),
      ),
  ],
  [
    /^(.+) through (socketcall|ipc)( \(where all 64 bits of its argument 0 are the number of the call\))? is not kept by this condition from running: .*, and it may get (.+)$/,
    ([list = '', multiplexer = '', isWhole, actions = ''], about) =>
      through(list, multiplexer, about, isWhole !== undefined).every(
        (found) => [...new Set(found)].sort().join(' or ') === actions && isSome(found, mayRun),
      ),
  ],
  [
    /^(.+) through (socketcall|ipc)( \(where all 64 bits of its argument 0 are the number of the call\))? is let through whatever the condition says: /,
    ([list = '', multiplexer = '', isWhole], about) =>
      through(list, multiplexer, about, isWhole !== undefined).every((found) => every(found, mayRun)),
  ],
  [
    /^(.+) through (socketcall|ipc)( \(where all 64 bits of its argument 0 are the number of the call\))? is let through or not by \2's own arguments? [\d and]+, /,
    ([list = '', multiplexer = '', isWhole], about) =>
      through(list, multiplexer, about, isWhole !== undefined).every(
        (found) => isSome(found, mayRun) && isSome(found, unless),
      ),
  ],
  [
    /^(socketcall|ipc) is open, and does (.+), which the profile restricts by name$/,
    ([multiplexer = '', list = ''], about) => through(list, multiplexer, about).every((found) => every(found, mayRun)),
  ],
  [
    /^(.+) (?:is|are) restricted and (.+) (?:is|are) not, but /,
    ([restricted = '', open = ''], about) =>
      fates(restricted, about).every((found) => isSome(found, unless)) &&
      names(open).every((name) =>
        about.on.some((arch) =>
          about.program.ways(name, arch).some((way) => every(about.program.actions(arch, way), mayRun)),
        ),
      ),
  ],
  [
    /^io_uring is open and does .+ without the system call/,
    (_, about) => fates('io_uring_setup', about).every((found) => every(found, mayRun)),
  ],
  [
    /^clone is kept from making namespaces by its flags, and unshare, which makes them too, is open$/,
    (_, about) =>
      fates('clone', about).every((found) => isSome(found, unless)) &&
      fates('unshare', about).every((found) => every(found, mayRun)),
  ],
  [
    /^unshare is kept from making a mount namespace, and (.+) (?:is|are) not, which make one on newer kernels: open_tree and open_tree_attr with OPEN_TREE_NAMESPACE, fsmount with FSMOUNT_NAMESPACE$/,
    ([list = ''], about) => {
      const gets = (name: string, index: number, flag: bigint) =>
        about.on.flatMap((arch) =>
          about.program
            .ways(name, arch)
            .flatMap((way) =>
              about.program.actions(arch, way, [{ index, op: 'MASKED_EQ', value: flag, valueTwo: flag }]),
            ),
        );
      // The flags as linux/sched.h and linux/mount.h have them: CLONE_NEWNS, UNSHARE_EMPTY_MNTNS, and the two named.
      const flagOf: Record<string, [string, number, bigint]> = {
        open_tree: ['open_tree', 2, 2n],
        open_tree_attr: ['open_tree_attr', 2, 2n],
        fsmount: ['fsmount', 1, 2n],
        'unshare with UNSHARE_EMPTY_MNTNS': ['unshare', 0, 0x100000n],
      };
      return (
        every(gets('unshare', 0, 0x20000n), unless) &&
        names(list).every((each) => flagOf[each] !== undefined && isSome(gets(...flagOf[each]), mayRun))
      );
    },
  ],
  [
    /^the kernel reads (\d+) bits of (.+)'s \S+ and this compares 64: a call with a bit above them set gets past it$/,
    ([bits = '', list = ''], about) => {
      const { index = 0 } = conditionAt(about) ?? {};
      const others = (entryAt(about, about.path)?.args ?? []).filter((each) => each.index !== index);
      const asked: Argument = { index, op: 'GE', value: 2n ** BigInt(bits) };
      const wide = about.on.filter((arch) => parseArchitecture(arch).wordSize === 64);
      return names(list).every((name) =>
        wide.some((arch) =>
          isSome(
            about.program.ways(name, arch).flatMap((way) => about.program.actions(arch, way, [...others, asked])),
            mayRun,
          ),
        ),
      );
    },
  ],
  [
    /^the kernel reads 32 bits of (\S+)'s \S+ and this compares 64: (?:a program may pass -\d+ as (\S+) or as (\S+),|a caller may leave anything) .*calls that were meant to run are refused$/,
    ([name = '', one, other], about) => {
      const { index = 0 } = conditionAt(about) ?? {};
      const found = (value: string) =>
        about.on
          .filter((arch) => parseArchitecture(arch).wordSize === 64)
          .flatMap((arch) =>
            about.program
              .ways(name, arch)
              .flatMap((way) => about.program.actions(arch, way, [{ index, op: 'EQ', value: BigInt(value) }])),
          );
      if (one === undefined || other === undefined) return fates(name, about).every((each) => isSome(each, unless));
      return isSome(found(one), unless) || isSome(found(other), unless);
    },
  ],
  [
    /^(.+) (?:is|are) not allowed: a program does not start, or ends in the middle$/,
    ([list = ''], about) => fates(list, { ...about, on: [about.target] }).every((found) => every(found, unless)),
  ],
  [
    /^(?:the default, )?(\w+),? ends a program for (.+), which C libraries try and do without$/,
    ([kind = '', list = ''], about) =>
      fates(list, { ...about, on: [about.target] }).every((found) =>
        isSome(found, (action) => action.startsWith(kind)),
      ),
  ],
  [
    /^(\S+) is refused with (\w+): /,
    ([name = '', errno = ''], about) =>
      fates(name, { ...about, on: [about.target] }).every(
        (found) => every(found, unless) && found.some((a) => a.includes(errno)),
      ),
  ],
  [
    /^(\S+) is allowed to every program: /,
    ([name = ''], about) => fates(name, about).every((found) => isSome(found, mayRun)),
  ],
  [
    /^(\S+) has no (.+), and (.+), which programs call there instead, (?:is|are) not allowed$/,
    ([arch = '', lacking = '', list = ''], about) => {
      const there = { ...about, on: [arch as ArchitectureName] };
      return (
        fates(lacking, there).every((found) => found.length === 0) &&
        fates(list, there).every((found) => every(found, unless))
      );
    },
  ],
  [
    /^(.+) (?:is a call|are calls) of other architectures: .* so the entry denies nothing$/,
    ([list = ''], about) => fates(list, about).every((found) => found.length === 0),
  ],
  [
    /^(\S+): the conditions of this entry and of \S+ leave no value of argument \d out, and either is enough: (\w+) applies always$/,
    ([name = '', kind = ''], about) =>
      about.on.every((arch) =>
        about.program
          .ways(name, arch)
          .filter(({ code }) => code === undefined)
          .every((way) => every(about.program.actions(arch, way), (action) => action.startsWith(kind))),
      ),
  ],
  [
    /^(.+): a call can meet the conditions of this entry \((\w+)\) and of (\S+) \((\w+)\); /,
    ([list = '', , path = ''], about) =>
      names(list).every((name) =>
        about.on.some((arch) =>
          about.program
            .ways(name, arch)
            .some((way) =>
              conditionsOf(entryAt(about, about.path)).some((own) =>
                conditionsOf(entryAt(about, path)).some(
                  (theirs) => about.program.actions(arch, way, [...own, ...theirs]).length > 0,
                ),
              ),
            ),
        ),
      ),
  ],
  [
    /^(.+): (\S+) has the same action without conditions, so the conditions here mean nothing$/,
    ([list = '', path = ''], about) => {
      const whole = entryAt(about, path);
      return names(list).every((name) =>
        about.on.every((arch) =>
          about.program
            .ways(name, arch)
            .filter(({ code }) => code === undefined)
            .every((way) => {
              const found = about.program.actions(arch, way);
              return whole !== undefined && found.length <= 1 && found.every((action) => isItsAction(action, whole));
            }),
        ),
      );
    },
  ],
  [
    /^the filter does not know (\w+): \1 programs are killed at their first system call$/,
    ([arch = ''], { program }) =>
      every(program.actions(arch as ArchitectureName, { nr: 0 }), (action) => action.startsWith('KILL')),
  ],
  [
    /^(.+) of this filter compares? 32 bits: (no argument meets the condition there, and the entry does not apply|every argument meets the condition there|there .*)$/,
    ([list = '', what = ''], about) => {
      const cut = /^there (\S+) is (\S+)$/.exec(what);
      if (cut) return (BigInt(cut[1] as string) & 0xffffffffn) === BigInt(cut[2] as string);
      const entry = entryAt(about, about.path) as Entry;
      const condition = conditionAt(about) as Argument;
      const name = (entry.names ?? [entry.name as string])[0] as string;
      return names(list).every((arch) => {
        const asked = what.startsWith('no ') ? condition : opposite(condition);
        if (asked === undefined) return true;
        return about.program
          .ways(name, arch as ArchitectureName)
          .filter(({ code }) => code === undefined)
          .every((way) => about.program.actions(arch as ArchitectureName, way, [asked]).length === 0);
      });
    },
  ],
  [
    /^(.+) compares 32 bits, and a value here has more: no argument can meet it there, so the entry is left out there/,
    ([list = ''], about) => {
      const entry = entryAt(about, about.path) as Entry;
      return names(list).every((arch) =>
        (entry.names ?? []).every((name) =>
          about.program
            .ways(name, arch as ArchitectureName)
            .filter(({ code }) => code === undefined)
            .every((way) =>
              // Of several rules some may hold there.
              conditionsOf(entry).some(
                (conditions) => about.program.actions(arch as ArchitectureName, way, conditions).length === 0,
              ),
            ),
        ),
      );
    },
  ],
  [
    /^the default is (\w+) and no entry allows anything: not even the program's start$/,
    (_, about) => fates('execve', { ...about, on: [about.target] }).every((found) => every(found, unless)),
  ],
  [
    /^the default is (\w+) and no entry restricts anything: everything runs$/,
    (_, about) => fates('read, execve, kill', about).every((found) => every(found, mayRun)),
  ],
  [
    /^(.+) (?:is|are) allowed and vfork is not: /,
    ([list = ''], about) => {
      const there = { ...about, on: [about.target] };
      return (
        fates(list, there).every((found) => isSome(found, mayRun)) &&
        fates('vfork', there).every((found) => every(found, unless))
      );
    },
  ],
  [
    /^restart_syscall is not allowed: (.+) with a timeout fails? when the process was stopped meanwhile /,
    ([list = ''], about) => {
      const there = { ...about, on: [about.target] };
      return (
        fates(list, there).every((found) => isSome(found, mayRun)) &&
        fates('restart_syscall', there).every((found) => every(found, unless))
      );
    },
  ],
  [
    /^32-bit programs with 64-bit time call (.+) first, and fall back on ENOSYS alone, which this profile does not answer$/,
    ([list = ''], about) =>
      fates(list, about).every((found) => every(found, (action) => unless(action) && action !== 'ERRNO(ENOSYS)')),
  ],
  [
    /^ioctl is denied TIOCSTI \(0x5412\), and TIOCLINUX \(0x541c\), which pastes into a console, is open$/,
    (_, about) => {
      const found = (value: bigint) =>
        about.program
          .ways('ioctl', about.target)
          .flatMap((way) => about.program.actions(about.target, way, [{ index: 1, op: 'EQ', value }]));
      return isSome(found(0x5412n), unless) && isSome(found(0x541cn), mayRun);
    },
  ],
];

/** Sentences of other things than what the program makes of a call: of the text, of the kernel, of runtimes. */
export const OF_OTHER_THINGS: readonly RegExp[] = [
  /the action is the default action, so the entry changes nothing and is skipped/,
  /^(?:unknown system call|no architecture has a system call)/,
  /^(?:the kernel takes |SCMP_ACT_LOG allows what it logs)/,
  /^argument \d has several conditions/,
  /^the flag \w+ is about calls that a listener answers/,
  // random-profiles.ts asks it.
  /^\S+: libseccomp does not make of these entries/,
  /^(?:no argument is|every argument meets this condition|valueTwo )/,
  /^argument \d of \S+ \(.*\) is an address/,
  /^argument \d of clone is the stack on /,
  /^\S+ takes \d arguments?, and argument/,
  /does not fit into \S+'s /,
  /"?errnoRet"?|defaultErrnoRet|^errno /,
  /^has no effect|^SCMP_ACT_NOTIFY needs somebody/,
  /^for calls that Linux gets after this profile was written/,
  /^\S+ is deprecated|^the old key/,
  /named twice in this entry| says the same$/,
  /compares 32 bits, and a value here has more: (?:as libseccomp|every argument)/,
];

/** Words by which a sentence says what becomes of a call. */
export const FATE =
  /\b(?:allow(?:s|ed)?|den(?:y|ies|ied)|refus(?:e|es|ed)|restricted|open|killed|kept|let through|effect|ends|gets|runs?|applies)\b/;
