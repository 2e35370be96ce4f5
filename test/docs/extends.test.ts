import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ARCHITECTURES, parseArchitecture } from '../../src/architecture.js';
import { compileProfile, RUNTIME_NAMES, runtimeBehaviour } from '../../src/compiler/index.js';
import { RUNTIME_CHOICES } from '../../src/compiler/runtime.js';
import { builtinProfile } from '../../src/profile/builtin/index.js';
import { BUILTIN_NAMES } from '../../src/profile/builtin/names.js';
import { extendProfile, readProfile } from '../../src/profile/index.js';
import { resolvePolicy } from '../../src/profile/resolve/resolve-policy.js';

const page = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');

describe('docs/extends.md', () => {
  it('has an example that does what it says', async () => {
    const example = /```json\n([\s\S]+?)```/.exec(page('extends'))![1] as string;
    const allowed = (profile: string | object) => {
      const whole = extendProfile(readProfile(profile), builtinProfile);
      const { policy } = resolvePolicy(whole, { arch: parseArchitecture('x86_64') });
      const rules = policy.rules.filter(({ action }) => action.kind === 'ALLOW');
      return new Set(rules.flatMap(({ names }) => names.map(({ name }) => name)));
    };
    const [before, after] = [allowed({ extends: 'container-default' }), allowed(example)];
    const added = [...after].filter((name) => !before.has(name));
    const taken = [...before].filter((name) => !after.has(name));
    expect(added).toEqual(['io_uring_setup', 'io_uring_enter', 'io_uring_register']);
    expect(taken).toEqual(['ptrace']);
    expect((await compileProfile(example, { arch: 'x86_64' })).warnings).toEqual([]);
  });

  it('lists the built-ins there are', () => {
    const table = page('extends').split('## The built-in profiles')[1] as string;
    expect([...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1])).toEqual([...BUILTIN_NAMES]);
  });
});

/** A flag as the page has it, with its words. */
function flagWords({ flag, takes, helpNo, words }: (typeof RUNTIME_CHOICES)[keyof typeof RUNTIME_CHOICES]): string {
  const [name, metavariable] = flag.split(' ');
  if (helpNo) return `\`${name}\`, \`${name!.replace('--', '--no-')}\``;
  const values = words ? Object.keys(words) : takes.filter((value) => typeof value === 'string');
  return `\`${name}${metavariable ? ` ${values.length > 0 ? values.join('/') : 'N'}` : ''}\``;
}

describe('docs/runtimes.md', () => {
  const rows = page('runtimes')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .replaceAll('\\|', '/')
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const column = (start: string) => rows.find(([head]) => head!.startsWith(start))!.slice(1, 1 + RUNTIME_NAMES.length);

  it('has the table of what is done', () => {
    expect(rows[0]!.slice(1, 1 + RUNTIME_NAMES.length).map((cell) => /`([\w.-]+)`/.exec(cell)![1])).toEqual([
      ...RUNTIME_NAMES,
    ]);
    const behaviours = RUNTIME_NAMES.map((runtime) => runtimeBehaviour({ runtime }));
    const choices = Object.entries(RUNTIME_CHOICES).map(([name, choice], index) => {
      const [, ...cells] = rows.slice(2)[index]!;
      expect(cells[RUNTIME_NAMES.length]).toContain(flagWords(choice));
      // Runtimes that do the same have the same words, and others others.
      const words = cells.slice(0, RUNTIME_NAMES.length).map(function at(cell, i, all): string {
        return cell === 'the same' ? at(all[i - 1]!, i - 1, all) : cell;
      });
      const values = behaviours.map(({ [name as keyof typeof RUNTIME_CHOICES]: value, stubNeedsArchitectures }) =>
        JSON.stringify([value, name === 'enosysStub' && stubNeedsArchitectures]),
      );
      expect(words.map((each) => words.indexOf(each))).toEqual(values.map((each) => values.indexOf(each)));
      return name;
    });
    expect(choices.length).toBeGreaterThan(8);
    expect(column('Flags')).toEqual(
      behaviours.map(({ defaultFlags }) => (defaultFlags.length > 0 ? '`SPEC_ALLOW`' : 'none')),
    );
    expect(column('ENOSYS')).toEqual(
      behaviours.map(({ enosysStub, stubNeedsArchitectures }) =>
        enosysStub ? (stubNeedsArchitectures ? 'for listed architectures' : 'yes') : 'no',
      ),
    );
    expect(column('An empty').map((cell) => cell === 'no rule')).toEqual(
      behaviours.map(({ emptyArgs }) => emptyArgs === 'no-rule'),
    );
    expect(column('Refused flags')).toEqual(
      behaviours.map(({ takesFlags }) => ['all', '', '', '`WAIT_KILLABLE_RECV`', 'none'][takesFlags.length]),
    );
    expect(column('Refused architectures')).toEqual(
      behaviours.map(({ takesArchitectures }) => {
        const refused = ['native', ...ARCHITECTURES.map(({ name }) => name)].filter(
          (name) => !(takesArchitectures as readonly string[]).includes(name),
        );
        return refused.length === 0 ? 'none' : refused.map((name) => `\`${name}\``).join(' ');
      }),
    );
    expect(column('Binary')).toEqual(
      behaviours.map(({ optimizePast }) => (Number.isFinite(optimizePast) ? `past ${optimizePast} rules` : 'no')),
    );
    expect(column('`SCMP_ACT_NOTIFY`')).toEqual(
      behaviours.map(({ notifyGuards }) => (notifyGuards ? 'refused' : 'taken')),
    );
    expect(column('`errnoRet`').map((cell) => cell === 'an error')).toEqual(
      behaviours.map(({ errnoRet }) => errnoRet === 'strict'),
    );
    expect(column('Several').map((cell) => cell.endsWith('always'))).toEqual(
      behaviours.map(({ conditions }) => conditions === 'split-all'),
    );
    expect(column('`SCMP_CMP_MASKED_EQ`').map((cell) => cell === 'datum first')).toEqual(
      behaviours.map(({ maskedOperands }) => maskedOperands === 'datum-first'),
    );
  });
});
