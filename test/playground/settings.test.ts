import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addCompileCommand } from '../../src/cli/commands/compile.js';
import { compileProfileSync } from '../../src/compiler/index.js';
import { RUNTIME_CHOICES } from '../../src/compiler/runtime.js';
import { Engine } from '../../src/playground/engine/engine.js';
import { commandLine, shellCommand } from '../../src/playground/settings/command-line.js';
import { flagOf, OPTION_NAMES, OPTION_ROWS, takesWord } from '../../src/playground/settings/option-table.js';
import { inPanelTerms } from '../../src/playground/settings/panel-terms.js';
import { DEFAULT_SETTINGS, type OptionName, type Settings, withWord } from '../../src/playground/settings/settings.js';

const engine = new Engine();

const TEXT = JSON.stringify({
  defaultAction: 'SCMP_ACT_ERRNO',
  syscalls: [
    { names: ['read', 'write', 'exit_group', 'map_shadow_stack', 'nonsense'], action: 'SCMP_ACT_ALLOW' },
    { names: ['unshare'], action: 'SCMP_ACT_ALLOW', includes: { minKernel: '5.1' }, args: [] },
    {
      names: ['socket'],
      action: 'SCMP_ACT_ALLOW',
      args: [
        { index: 0, value: 1, op: 'SCMP_CMP_EQ' },
        { index: 0, value: 3, valueTwo: 2, op: 'SCMP_CMP_MASKED_EQ' },
      ],
    },
  ],
});

function compileCommand(): Command {
  const program = new Command();
  addCompileCommand(program);
  return program.commands[0] as Command;
}

const settingsOf = (words: Settings['words'], more: Partial<Settings> = {}): Settings => ({
  ...DEFAULT_SETTINGS,
  ...more,
  words,
});

async function instructions(settings: Settings, text = TEXT): Promise<number | string> {
  const answer = await engine.answer('compile', { text, source: 'p.json', settings });
  return answer.kind === 'compiled' ? answer.instructions : answer.problems.map(({ message }) => message).join();
}

describe('the options of the playground', () => {
  it('are those of scmp compile, but for files and forms of output', () => {
    const elsewhere = {
      output: 'downloads',
      format: 'the Export tab',
      explainResolution: 'the map',
      arch: 'a control of its own',
      cap: 'a control of its own',
      base: 'a browser has no folders',
      ociLayout: 'a browser has no folders',
    };
    const all = compileCommand().options.filter(({ negate, long }) => !negate && long !== '--help');
    const names = all.map((option) => option.attributeName());
    expect([...OPTION_NAMES, ...Object.keys(elsewhere)].sort()).toEqual([...names].sort());
    for (const option of all) {
      const row = OPTION_ROWS[option.attributeName() as OptionName];
      if (!row) continue;
      expect(flagOf(row)).toBe(option.long);
      const choices = option.argChoices?.filter((word) => row.choices?.includes(word) ?? true);
      if (row.choices) expect(row.choices).toEqual(choices);
      expect(row.help.length, option.long ?? '').toBeGreaterThan(10);
    }
  });

  it('come to a command line that the command reads', () => {
    for (const name of OPTION_NAMES) {
      const { choices, isSwitch } = OPTION_ROWS[name];
      for (const word of isSwitch ? ['yes'] : (choices ?? ['5.4'])) {
        const given = name === 'weights' ? 'uncached' : name === 'optimizePast' ? '12' : word;
        expect(takesWord(name, given), `${name} ${given}`).toBe(true);
        const command = compileCommand()
          .exitOverride()
          .action(() => {});
        const [, , ...words] = commandLine('p.json', settingsOf({ [name]: given }));
        expect(() => command.parse(words, { from: 'user' })).not.toThrow();
        expect(command.getOptionValueSource(name)).toBe('cli');
      }
    }
  });

  it('are quoted for a shell, and a name of a file is no option', () => {
    const settings = settingsOf({ document: "it's; rm" }, { beside: ['aarch64'], capabilities: ['CAP_SYS_ADMIN'] });
    expect(shellCommand(commandLine('-my profile.yaml', settings))).toBe(
      `scmp compile './-my profile.yaml' --arch x86_64 --arch aarch64 -o %a.bpf --cap CAP_SYS_ADMIN --document 'it'\\''s; rm'`,
    );
    expect(commandLine('p', settingsOf({ weights: 'read 5' }))).toContain('weights.txt');
    expect(commandLine('p', settingsOf({ notifyGuards: 'no' }))).toContain('--no-notify-guards');
  });

  it('make the programs that the library makes with them', async () => {
    const options: [Settings['words'], Parameters<typeof compileProfileSync>[1]][] = [
      [{}, { arch: 'x86_64' }],
      [{ runtime: 'runc' }, { arch: 'x86_64', runtime: 'runc' }],
      [
        { runtime: 'runc', enosysStub: 'no' },
        { arch: 'x86_64', runtime: 'runc', enosysStub: false },
      ],
      [{ enosysStub: 'yes' }, { arch: 'x86_64', enosysStub: true }],
      [{ runtime: 'youki-0.6' }, { arch: 'x86_64', runtime: 'youki-0.6' }],
      [{ maskedOperands: 'datum-first' }, { arch: 'x86_64', maskedOperands: 'datum-first' }],
      [{ conditions: 'split-all' }, { arch: 'x86_64', conditions: 'split-all' }],
      [{ optimizePast: '3' }, { arch: 'x86_64', optimizePast: 3 }],
      [{ optimize: '2' }, { arch: 'x86_64', optimize: 2 }],
      [
        { optimize: 'min', weights: 'uncached' },
        { arch: 'x86_64', optimize: 'min', weights: 'uncached' },
      ],
      [{ kernel: '4.4' }, { arch: 'x86_64', kernel: '4.4' }],
      [{ enosysNewerThan: '5.10' }, { arch: 'x86_64', enosysNewerThan: '5.10' }],
      [{ libseccomp: '2.5.4' }, { arch: 'x86_64', libseccompVersion: '2.5.4' }],
      [{ verify: 'yes' }, { arch: 'x86_64' }],
    ];
    const seen = new Set<string>();
    for (const [words, expected] of options) {
      const own = Buffer.from(compileProfileSync(TEXT, expected).program).toString('base64');
      const question = { text: TEXT, source: 'p', settings: settingsOf(words), format: 'base64' } as const;
      expect(await engine.answer('export', question), JSON.stringify(words)).toMatchObject({ content: `${own}\n` });
      expect(await instructions(settingsOf(words))).toBe(compileProfileSync(TEXT, expected).program.length / 8);
      seen.add(own);
    }
    expect(seen.size).toBeGreaterThan(6);
  });

  it('choose a document, a thread, a format, and are refused where there is nothing to choose', async () => {
    const document = (name: string, calls: string) =>
      `apiVersion: security-profiles-operator.x-k8s.io/v1beta1\nkind: SeccompProfile\nmetadata: {name: ${name}}\nspec:\n  defaultAction: SCMP_ACT_ERRNO\n  syscalls: [{action: SCMP_ACT_ALLOW, names: [${calls}]}]\n`;
    const yaml = `${document('a', 'read')}---\n${document('b', 'read, write, close')}`;
    const refused = await engine.answer('compile', { text: yaml, source: 'p.yaml', settings: settingsOf({}) });
    expect(refused.kind === 'refused' && refused.problems[0]?.advice).toMatch(/“Document”/);
    expect(await instructions(settingsOf({ document: 'b' }), yaml)).toBeGreaterThan(
      Number(await instructions(settingsOf({ document: 'a' }), yaml)),
    );
    expect(await instructions(settingsOf({ document: 'b' }))).toMatch(/has one: leave it empty/);
    const unit = '[Service]\nSystemCallFilter=~@sandbox\n';
    expect(await instructions(settingsOf({ systemd: '252' }), unit)).toMatch(/@sandbox/);
    expect(await instructions(settingsOf({ systemd: '252' }))).toMatch(/is for units/);
    expect(await instructions(settingsOf({ from: 'list' }), 'default kill\nallow read')).toBeTypeOf('number');
  });

  it('are refused in words where the compiler cannot take them', async () => {
    expect(await instructions(settingsOf({ kernel: 'four' }))).toMatch(/four/);
    expect(await instructions(settingsOf({ optimizePast: 'x' }))).toMatch(/no whole number/);
    expect(await instructions(settingsOf({ weights: 'read 5' }))).toMatch(/“Weights” goes with/);
    expect(await instructions(settingsOf({ optimize: 'min', weights: 'raed 5' }))).toMatch(/weights:1.*read/);
    expect(await instructions(settingsOf({ unknownSyscall: 'error' }))).toMatch(/nonsense/);
  });

  it('make the programs for several machines', async () => {
    const settings = settingsOf({}, { beside: ['aarch64', 'riscv64'] });
    const { programs } = await engine.answer('beside', { text: TEXT, source: 'p', settings });
    expect(programs).toMatchObject(
      ['aarch64', 'riscv64'].map((arch) => ({
        arch,
        instructions: compileProfileSync(TEXT, { arch }).program.length / 8,
      })),
    );
    const strict = { text: TEXT.replace('}', ''), source: 'p', settings };
    expect((await engine.answer('beside', strict)).programs[0]).toHaveProperty('refused');
  });

  it('have every piece of a runtime', () => {
    for (const name of Object.keys(RUNTIME_CHOICES)) expect(OPTION_NAMES).toContain(name);
  });
});

describe("advice in the panel's terms", () => {
  const problem = { severity: 'advice', id: 'x', path: '' } as const;

  it('names controls, and sets what it names', () => {
    const found = inPanelTerms({ ...problem, message: 'many', advice: 'check it with --runtime runc' });
    expect(found.advice).toBe('check it with “Runtime”: runc');
    expect(found.setting).toEqual({ option: 'runtime', word: 'runc', label: 'Set “Runtime” to runc' });
    expect(inPanelTerms({ ...problem, message: 'use --enosys-stub' })).toMatchObject({
      message: 'use “ENOSYS stub”',
      setting: { option: 'enosysStub', word: 'yes' },
    });
  });

  it('leaves alone what is no option here, and offers nothing where two are named', () => {
    for (const message of ['docker run --cap-add SYS_ADMIN', 'rm --force', 'a--runtime b']) {
      expect(inPanelTerms({ ...problem, message })).toEqual({ ...problem, message, advice: undefined });
    }
    const both = inPanelTerms({ ...problem, message: '--runtime runc or --runtime crun' });
    expect(both.message).toBe('“Runtime”: runc or “Runtime”: crun');
    expect(both.setting).toBeUndefined();
  });
});

it('a word of an option is set and taken away', () => {
  const once = withWord(DEFAULT_SETTINGS, 'kernel', '5.4');
  expect(once.words).toEqual({ kernel: '5.4' });
  expect(withWord(once, 'kernel', '')).toEqual(DEFAULT_SETTINGS);
});
