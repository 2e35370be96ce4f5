import { expect, it } from 'vitest';
import { createDiagramBuilder } from '../../../src/bpf/decisions/decision-diagram.js';
import { DiagramStore } from '../../../src/bpf/decisions/diagram-store.js';
import { compileParsedWith } from '../../../src/compiler/compile-parsed-profile.js';
import { CompileError } from '../../../src/compiler/index.js';
import { ProfileError } from '../../../src/profile/document/profile-error.js';
import {
  OUTPUT_FORMATS,
  type OutputFormat,
  type ParsedProfile,
  readProfile,
  writeProfile,
} from '../../../src/profile/index.js';
import fc from '../../fast-check.js';
import { NUMBERS, randomSection } from './random-sections.js';

const X86_64 = 0xc000003e;
/** A number of no call. */
const NO_CALL = 0x3fff;

/** What a profile decides on x86_64, as functions of the arguments in a store; undefined where it becomes no program. */
function decisionsIn(store: DiagramStore, parsed: ParsedProfile): number[] | undefined {
  try {
    const compiled = compileParsedWith(parsed, { arch: 'x86_64', verify: 'conditions' });
    const { build } = createDiagramBuilder(compiled, { store });
    return [...Object.values(NUMBERS), NO_CALL].map((nr) => build({ arch: X86_64, nr }));
  } catch (error) {
    if (error instanceof CompileError) return undefined;
    throw error;
  }
}

/** A profile in a format; undefined where that cannot say it, which it says of an entry. */
function written(parsed: ParsedProfile, format: OutputFormat): string | undefined {
  try {
    return writeProfile(parsed, format, { arch: 'x86_64', name: 'random' });
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    for (const { code, message, path } of error.issues) {
      expect([code, path !== undefined && message.length > 10]).toEqual(['not-in-format', true]);
    }
    return undefined;
  }
}

it('what one format says and another can say, it says alike: every pair of formats that are written', () => {
  const pairs = new Map<string, number>();
  fc.assert(
    fc.property(randomSection, (section) => {
      const store = new DiagramStore();
      const start = readProfile(section, { format: 'docker' });
      const decisions = decisionsIn(store, start);
      fc.pre(decisions !== undefined);
      const texts = new Map<string, ParsedProfile>();
      const carry = (from: ParsedProfile, to: OutputFormat, way: string): ParsedProfile | undefined => {
        const text = written(from, to);
        if (text === undefined) return undefined;
        pairs.set(way, (pairs.get(way) ?? 0) + 1);
        const known = texts.get(`${to}\n${text}`);
        if (known) return known;
        const parsed = readProfile(text, { format: to });
        expect(decisionsIn(store, parsed), `${way}\n${text}`).toEqual(decisions);
        texts.set(`${to}\n${text}`, parsed);
        return parsed;
      };
      for (const first of OUTPUT_FORMATS) {
        const parsed = carry(start, first, first);
        if (!parsed) continue;
        for (const second of OUTPUT_FORMATS) carry(parsed, second, `${first} ${second}`);
      }
    }),
    { numRuns: 20 },
  );
  // Of 13 formats; LXC's and snapd's filters have several ABIs, and those of most others one.
  expect(pairs.size).toBeGreaterThan(80);
});

/** The formats that have comments. */
const COMMENTED: ReadonlySet<OutputFormat> = new Set([
  'docker',
  'lxc',
  'snapd',
  'firejail',
  'minijail-py',
  'minijail',
  'kafel',
  'nsjail',
  'list',
]);
const CALLS = ['write', 'close', 'read', 'fork', 'mount', 'chroot', 'getpid', 'uname'];

it('comments and the order of calls stay where both formats have them: every pair of formats that are written', () => {
  const pairs = new Set<string>();
  const entry = fc.record({ comment: fc.constantFrom(undefined, 'to the log', 'of all,\nalways', '# "a" {b}') });
  const shape = fc.constantFrom(
    { defaultAction: 'SCMP_ACT_KILL_THREAD', action: 'SCMP_ACT_ALLOW', architectures: ['X86_64'] },
    { defaultAction: 'SCMP_ACT_ERRNO', action: 'SCMP_ACT_ALLOW', architectures: ['X86_64'] },
    { defaultAction: 'SCMP_ACT_ERRNO', action: 'SCMP_ACT_ALLOW', architectures: ['X86_64', 'X86'] },
    { defaultAction: 'SCMP_ACT_ERRNO', action: 'SCMP_ACT_ALLOW', architectures: ['X86_64', 'X86', 'X32'] },
    { defaultAction: 'SCMP_ACT_ALLOW', action: 'SCMP_ACT_ERRNO', architectures: ['X86_64', 'X86'] },
    { defaultAction: 'SCMP_ACT_ALLOW', action: 'SCMP_ACT_ERRNO', architectures: ['X86_64', 'X86', 'X32'] },
  );
  const calls = fc.shuffledSubarray(CALLS, { minLength: 2 });
  const comments = fc.array(entry, { minLength: CALLS.length, maxLength: CALLS.length });
  fc.assert(
    fc.property(shape, calls, comments, ({ defaultAction, action, architectures }, names, notes) => {
      const section = {
        defaultAction,
        architectures: architectures.map((each) => `SCMP_ARCH_${each}`),
        syscalls: names.map((name, at) => ({ names: [name], action, ...(notes[at]!.comment ? notes[at] : {}) })),
      };
      const start = readProfile(section, { format: 'docker' });
      const order = ({ seccomp }: ParsedProfile) =>
        (seccomp.syscalls ?? []).flatMap((each) => each.names!.filter((name) => CALLS.includes(name)));
      // One comment may stand above several calls, and a list of firejail has one for all.
      const commented = ({ seccomp }: ParsedProfile) => {
        const all = (seccomp.syscalls ?? []).flatMap(({ names, comment }) => (comment ? [[names![0], comment]] : []));
        return all.filter(([, comment], at) => comment !== all[at - 1]?.[1]);
      };
      const lines = (all: ReturnType<typeof commented>) => all.flatMap(([, comment]) => String(comment).split('\n'));
      const expectComments = (parsed: ParsedProfile, way: string) => {
        if (way.split(' ').some((format) => !COMMENTED.has(format as OutputFormat))) return;
        if (/\bfirejail\b/.test(way)) expect(lines(commented(parsed)), way).toEqual(lines(commented(start)));
        else expect(commented(parsed), way).toEqual(commented(start));
      };
      for (const first of OUTPUT_FORMATS) {
        const text = written(start, first);
        if (text === undefined) continue;
        const once = readProfile(text, { format: first });
        expect(order(once), first).toEqual(names);
        expectComments(once, first);
        for (const second of OUTPUT_FORMATS) {
          const again = written(once, second);
          if (again === undefined) continue;
          pairs.add(`${first} ${second}`);
          const twice = readProfile(again, { format: second });
          expect(order(twice), `${first} ${second}`).toEqual(names);
          expectComments(twice, `${first} ${second}`);
        }
      }
    }),
    { numRuns: 30 },
  );
  expect(pairs.size).toBeGreaterThan(80);
});
