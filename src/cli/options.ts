import { type Command, InvalidArgumentError as InvalidOption, Option } from 'commander';
import { type ArchitectureName, findArchitecture, parseArchitecture } from '../architecture.js';
import type { CompileOptions } from '../compiler/index.js';
import { InvalidArgumentError } from '../errors.js';

/** What the options of {@link addCompileOptions} come to. */
export interface CompileFlags {
  cap: string[];
  kernel?: string;
  optimize: '0' | '1' | '2' | 'min';
  enosysStub?: boolean;
  unknownSyscall: 'warn' | 'error' | 'ignore';
}

const collect = (value: string, previous: string[]) => [...previous, value];

/** The options of every command that compiles a profile. */
export function addCompileOptions(command: Command, kernelDefault: string): Command {
  return command
    .option(
      '--cap <capability>',
      'a capability the container has, for conditional entries; repeatable, or "all"',
      collect,
      [],
    )
    .option('--kernel <X.Y>', `the kernel, for conditional entries (default: ${kernelDefault})`)
    .addOption(
      new Option('--optimize <level>', "0: libseccomp's default, 1: by priority, 2: binary tree, min: smallest")
        .choices(['0', '1', '2', 'min'])
        .default('0'),
    )
    .option('--enosys-stub', 'answer ENOSYS for system calls newer than all the profile names, as runc does')
    .addOption(
      new Option('--unknown-syscall <what>', 'about names libseccomp does not know')
        .choices(['warn', 'error', 'ignore'])
        .default('warn'),
    );
}

export function compileOptions(flags: CompileFlags): Omit<CompileOptions, 'arch'> {
  if (flags.optimize === 'min') {
    throw new InvalidArgumentError('--optimize min is not available in this version; use 0, 1 or 2');
  }
  return {
    capabilities: flags.cap,
    kernel: flags.kernel,
    optimize: Number(flags.optimize) as 0 | 1 | 2,
    enosysStub: flags.enosysStub,
    unknownSyscall: flags.unknownSyscall,
  };
}

/** commander's parser for `--arch`. */
export function parseArchOption(name: string): ArchitectureName {
  if (!findArchitecture(name)) {
    try {
      parseArchitecture(name);
    } catch (error) {
      throw new InvalidOption((error as Error).message);
    }
  }
  return parseArchitecture(name).name;
}
