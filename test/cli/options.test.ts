import { readdirSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { BRIEF_COMMANDS, isBrief, MINIMIZING } from '../../src/cli/brief-commands.js';
import { addCompileCommand } from '../../src/cli/commands/compile.js';
import { addDisasmCommand } from '../../src/cli/commands/disasm.js';
import { addRecordCommand } from '../../src/cli/commands/record.js';
import { addRunCommand } from '../../src/cli/commands/run.js';
import { addSimulateCommand } from '../../src/cli/commands/simulate.js';
import { runtimeOptions } from '../../src/cli/compile-options.js';
import { addOptions, COMPILE_OPTIONS, INPUT_OPTIONS, RUNTIME_OPTIONS } from '../../src/cli/options.js';
import { type RuntimeOptions, runtimeBehaviour } from '../../src/compiler/runtime.js';
import { pick } from '../../src/options.js';

import { ROOT } from './scmp.js';

/** A file that takes long to read. */
const LARGE = process.execPath;

const SHARED = { arch: true, output: true, json: true, ...INPUT_OPTIONS, ...COMPILE_OPTIONS } as const;
const shared = addOptions(new Command(), SHARED).options;

describe('the options that commands share', () => {
  it('come to what they are called', () => {
    const names = shared.filter(({ negate }) => !negate).map((option) => option.attributeName());
    expect(names).toEqual(Object.keys(SHARED));
  });

  it.each<[string, keyof RuntimeOptions, unknown]>([
    ['--runtime crun', 'runtime', 'crun'],
    ['--enosys-stub', 'enosysStub', true],
    ['--no-enosys-stub', 'enosysStub', false],
    ['--default-flags spec-allow', 'defaultFlags', ['SECCOMP_FILTER_FLAG_SPEC_ALLOW']],
    ['--default-flags none', 'defaultFlags', []],
    ['--optimize-past 7', 'optimizePast', 7],
    ['--errno-ret strict', 'errnoRet', 'strict'],
    ['--conditions split-all', 'conditions', 'split-all'],
    ['--empty-args no-rule', 'emptyArgs', 'no-rule'],
    ['--wide-values low-half', 'wideValues', 'low-half'],
    ['--masked-operands datum-first', 'maskedOperands', 'datum-first'],
    ['--no-notify-guards', 'notifyGuards', false],
  ])('%s is the option %s of the library', (line, name, value) => {
    const command = addOptions(new Command(), RUNTIME_OPTIONS).parse(line.split(' '), { from: 'user' });
    const options = runtimeOptions(command.opts());
    expect(options).toEqual({ runtime: 'libseccomp', [name]: value });
    expect(() => runtimeBehaviour(pick(options, ['runtime', name]))).not.toThrow();
  });

  it.each(['--errno-ret strikt', '--default-flags constructor', '--optimize-past -1', '--runtime toString'])(
    '%s is refused',
    (line) => {
      const command = addOptions(new Command(), RUNTIME_OPTIONS)
        .exitOverride()
        .configureOutput({ writeErr: () => {} });
      expect(() => command.parse(line.split(' '), { from: 'user' })).toThrow(/invalid|missing/);
    },
  );

  it('are declared once: no command has a copy of its own', () => {
    const folder = `${ROOT}src/cli/commands/`;
    const declared = readdirSync(folder).flatMap((file) => {
      const text = readFileSync(folder + file, 'utf8');
      return [...text.matchAll(/ption\(\s*'(?:-\w, )?(--[\w-]+)/g)].map(([, flag]) => flag as string);
    });
    expect(declared.length).toBeGreaterThan(15);
    expect(declared.filter((flag) => shared.some(({ long }) => long === flag))).toEqual([]);
    // These mean something else on each command.
    const own = declared.filter((flag) => !['--format', '--to', '--report'].includes(flag));
    expect(own.filter((flag, at) => own.indexOf(flag) !== at)).toEqual([]);
  });
});

describe('a command that is over before optimised code pays', () => {
  const program = new Command().enablePositionalOptions();
  for (const add of [addCompileCommand, addRunCommand, addRecordCommand, addSimulateCommand, addDisasmCommand])
    add(program);

  it('has the option that makes it run for long', () => {
    expect(program.commands.map((command) => command.name())).toEqual(Object.keys(BRIEF_COMMANDS));
    for (const command of program.commands) {
      const long = BRIEF_COMMANDS[command.name() as keyof typeof BRIEF_COMMANDS];
      expect(command.options.map((option) => option.long)).toEqual(expect.arrayContaining([...long]));
    }
    const optimize = shared.find(({ long }) => long === MINIMIZING.option);
    expect(optimize?.argChoices).toContain(MINIMIZING.level);
  });

  it.each([
    ['compile p.json', true],
    ['compile p.json --verify', false],
    ['compile p.json --optimize 2', true],
    ['compile p.json --optimize min', false],
    ['simulate --optimize=min p.json read', false],
    ['run --profile p.json -- ls', true],
    ['run --trace --profile p.json -- ls', false],
    ['disasm p.bpf --trace', true],
    [`compile ${LARGE}`, false],
    [`run --profile p.json -- ${LARGE}`, true],
    [`record -- ${LARGE}`, true],
    ['record --args -- make', true],
    ['record --from-strace=log.txt', false],
    ['record --merge p.json -- make', false],
    ['check p.json', false],
    ['toString', false],
    ['', false],
  ])('scmp %s: %s', (line, brief) => {
    const [command = '', ...args] = line.split(' ');
    expect(isBrief(command, args)).toBe(brief);
  });
});
