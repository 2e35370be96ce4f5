import { parseArchitecture } from '../../architecture.js';
import { disassemble } from '../../bpf/assembly/disassemble.js';
import { formatDisassembly } from '../../bpf/assembly/format-disassembly.js';
import { formatC } from '../../bpf/assembly/sources/c.js';
import { compileParsedWith } from '../../compiler/compile-parsed-profile.js';
import type { OwnCompileOptions } from '../../compiler/compile-policy.js';
import { InvalidArgumentError } from '../../errors.js';
import { type Libseccomp, syscallNaming } from '../../libseccomp/index.js';
import { isOutputFormat, type OutputFormat, writtenFormat } from '../../profile/formats/index.js';
import { writeProfile } from '../../profile/formats/write-profile.js';
import type { ParsedProfile } from '../../profile/index.js';
import type { ExportFormat } from './protocol.js';
import type { ReadInput } from './read-input.js';

export interface ExportedFile {
  fileName: string;
  content: string | Uint8Array<ArrayBuffer>;
}

type Options = OwnCompileOptions & { libseccomp: Libseccomp };

/** A profile or program in one of the export formats. The bytes and texts are those of `scmp compile` and `scmp convert`. */
export async function exportInput(
  input: ReadInput,
  source: string,
  format: ExportFormat,
  options: Options,
): Promise<ExportedFile> {
  if (isOutputFormat(format)) return exportProfile(await profileOf(input, source, options), source, format, options);
  const compiled = input.kind === 'profile' ? compiledFrom(input.parsed, format, options) : input.filter;
  const { endianness } = parseArchitecture(options.arch);
  const named = (extension: string, content: ExportedFile['content']) => ({
    fileName: `${stemOf(source)}.${parseArchitecture(options.arch).name}.${extension}`,
    content,
  });
  switch (format) {
    case 'bpf':
      return named('bpf', new Uint8Array(compiled.program));
    case 'hex':
      return named('hex', `${hexOf(compiled.program)}\n`);
    case 'base64':
      return named('base64', `${btoa(String.fromCharCode(...compiled.program))}\n`);
    case 'pfc':
      if ('pfc' in compiled && compiled.pfc !== undefined) return named('pfc', compiled.pfc);
      throw new InvalidArgumentError('PFC is libseccomp’s text of a program that it made of rules: use Assembly');
    case 'asm':
      return named('asm', formatDisassembly(disassemble(compiled, syscallNaming(options.libseccomp))));
    case 'c': {
      const target = compiled.arches.join(', ');
      const order = input.kind === 'program' ? input.filter.endianness : endianness;
      return named('c', formatC(compiled.program, order, { target, maker: 'scmp compile' }));
    }
  }
}

const hexOf = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const stemOf = (source: string) => source.replace(/^.*[/:\\]/, '').replace(/\.[a-z]+$/i, '') || 'profile';

function compiledFrom(parsed: ParsedProfile, format: ExportFormat, options: Options) {
  return compileParsedWith(parsed, { ...options, pfc: format === 'pfc' && options.optimize !== 'min' });
}

/** The profile that a program could have been compiled from. */
async function profileOf(input: ReadInput, source: string, { libseccomp, arch }: Options): Promise<ParsedProfile> {
  if (input.kind === 'profile') return input.parsed;
  const { decompile } = await import('../../decompile/decompile.js');
  const { program, endianness } = input.filter;
  return decompile(program, { libseccomp, arch, endianness, source }).profile;
}

function exportProfile(parsed: ParsedProfile, source: string, format: OutputFormat, options: Options): ExportedFile {
  const { arch, capabilities, kernel } = options;
  const { extension, isOpen } = writtenFormat(format).output;
  const target = isOpen ? {} : { arch: parseArchitecture(arch).name, capabilities, kernel };
  // What a system does not know by its name is text to it.
  const fileName = `${stemOf(source)}.${format}.${extension === format ? 'txt' : extension}`;
  return { fileName, content: writeProfile(parsed, format, target) };
}

// Loaded with what writes profiles: in a file of its own it would cut what a first visit loads into more files.
export { combineProfiles } from './combine-profiles.js';
