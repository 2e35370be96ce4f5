import { dirname } from 'node:path';
import { hostArchitecture } from '../../native-loader/libc/host.js';
import type { ArchitectureName } from '../architecture.js';
import { mayBeProgramText } from '../bpf/forms/program-text-sign.js';
import { areInstructions } from '../bpf/program/codec.js';
import { InvalidArgumentError } from '../errors.js';
import { loadLibseccompSync } from '../libseccomp/index.js';
import { syscallNaming } from '../libseccomp/syscall-naming.js';
import { printable } from '../text.js';
import { type Input, isFolder, isReadable, readInput } from './input.js';
import { isSecurityOption, mayBeCompose } from './security-option-sign.js';

/** What the caller says of an input. */
export interface FilterInputFlags {
  /** `--from`: it is a profile then. */
  from?: string | undefined;
  arch?: readonly ArchitectureName[] | undefined;
  /** The service of a compose file. */
  document?: string | undefined;
}

/**
 * Read a filter, which is a profile or a program, from a file, standard input or the built-ins. A program may be in any
 * form that `readProgramText` reads: `bytes` are then `struct sock_filter` after `struct sock_filter`, and
 * {@link isProgram} says so. What reads those forms is loaded for a text that looks like one.
 */
export async function readFilterInput(path: string, flags: FilterInputFlags = {}): Promise<Input> {
  if (path.startsWith('seccomp') && isSecurityOption(path) && !isReadable(path)) {
    const { securityOptionInput } = await import('./security-option.js');
    return securityOptionInput(path, { folder: '.', source: 'seccomp=' });
  }
  const one = oneDocument(path);
  if (one) return readDocument(one, flags);
  const input = (mayBeLayout(path) ? await artifactInput(path) : undefined) ?? readInput(path);
  const layer = mayBeTar(input.bytes) ? await artifactOf(input) : undefined;
  if (input.artifact || layer) return layer ?? input;
  return flags.from !== undefined || input.builtin ? input : asProgram(input, flags);
}

/** One of the documents of a file, which `many.yaml#2` names. */
interface OneDocument {
  file: string;
  document: string;
}

function oneDocument(path: string): OneDocument | undefined {
  const at = path.lastIndexOf('#');
  const [file, document] = [path.slice(0, at), path.slice(at + 1)];
  return at > 0 && document !== '' && !isReadable(path) && isReadable(file) ? { file, document } : undefined;
}

async function readDocument({ file, document }: OneDocument, flags: FilterInputFlags): Promise<Input> {
  const input = await readFilterInput(file, { ...flags, document });
  if (input.isChosen) return input;
  if (!isProgram(input.bytes) && !input.artifact) return { ...input, document };
  throw new InvalidArgumentError(`${printable(file)} has one filter: leave ${printable(`#${document}`)} out`);
}

/** What reads OCI image layouts is loaded for what may be one. */
const mayBeLayout = (path: string): boolean => path.startsWith('oci:') || isFolder(path);
const artifactInput = async (path: string) => (await import('./layout-input.js')).readLayoutInput(path);

/** "ustar" at its place in a header. */
const mayBeTar = (bytes: Uint8Array): boolean => bytes[257] === 0x75 && bytes[258] === 0x73 && bytes[259] === 0x74;
const artifactOf = async (input: Input) => (await import('./layout-input.js')).readTarInput(input);

async function asProgram(input: Input, { arch = [], document }: FilterInputFlags): Promise<Input> {
  if (isProgram(input.bytes)) return input;
  const text = new TextDecoder().decode(input.bytes);
  if (isSecurityOption(text) || mayBeCompose(text)) {
    const { composeInput, securityOptionInput } = await import('./security-option.js');
    const { source } = input;
    if (mayBeCompose(text)) return composeInput(text, source, document);
    return securityOptionInput(text, { folder: dirname(source), source });
  }
  if (!mayBeProgramText(text)) return input;
  const { readProgramText } = await import('../bpf/forms/read-program-text.js');

  try {
    const program = readProgramText(text, {
      architectures: arch,
      otherwise: hostArchitecture(),
      source: input.source,
      ...syscallNaming(loadLibseccompSync()),
    });
    return program ? { ...input, bytes: program.program } : input;
  } catch (error) {
    throw (await import('./log-given.js')).logGivenError(input, error);
  }
}

/** Whether an input's bytes are a compiled program rather than a profile. */
export const isProgram = areInstructions;
