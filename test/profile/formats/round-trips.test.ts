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

it.each([
  ['SCMP_ACT_KILL_THREAD', ['docker', 'list', 'minijail-py', 'minijail', 'kafel', 'nsjail']],
  ['SCMP_ACT_ERRNO', ['docker', 'list', 'lxc']],
  ['SCMP_ACT_ERRNO', ['docker', 'list', 'snapd']],
  ['SCMP_ACT_ERRNO', ['docker', 'list', 'kafel', 'nsjail']],
] as const)('keeps comments and order: %s %j', (defaultAction, formats) => {
  const architectures = [
    'SCMP_ARCH_X86_64',
    'SCMP_ARCH_X86',
    ...(formats.includes('lxc' as never) ? ['SCMP_ARCH_X32'] : []),
  ];
  const isForSeveral = formats.some((each) => each === 'lxc' || each === 'snapd');
  const entry = (name: string, comment: string) => ({ names: [name], action: 'SCMP_ACT_ALLOW', comment });
  const start = readProfile(
    {
      defaultAction,
      ...(isForSeveral ? { architectures } : {}),
      syscalls: [entry('write', 'to the log'), entry('close', 'of all,\nalways'), entry('read', 'from it')],
    },
    { format: 'docker' },
  );
  const kept = ({ seccomp }: ParsedProfile) =>
    seccomp.syscalls!.map(({ names, comment }) => [names!.join(), String(comment)]);
  const target = isForSeveral ? { arch: 'x86_64' } : {};
  for (const first of formats) {
    const once = readProfile(writeProfile(start, first, first === 'docker' ? {} : target), { format: first });
    expect(kept(once), first).toEqual(kept(start));
    for (const second of formats) {
      const twice = readProfile(writeProfile(once, second, second === 'docker' ? {} : target), { format: second });
      expect(kept(twice), `${first} ${second}`).toEqual(kept(start));
    }
  }
});
