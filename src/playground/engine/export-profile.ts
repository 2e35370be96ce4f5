import { parseArchitecture } from '../../architecture.js';
import { formatC } from '../../bpf/assembly/sources/c.js';
import { disassemble, formatDisassembly } from '../../bpf/index.js';
import { compileParsedWith } from '../../compiler/compile-parsed-profile.js';
import type { CompileOptions } from '../../compiler/compile-policy.js';
import { type Libseccomp, syscallNaming } from '../../libseccomp/index.js';
import { isOutputFormat, writtenFormat } from '../../profile/formats/index.js';
import { writeProfile } from '../../profile/formats/write-profile.js';
import type { ParsedProfile } from '../../profile/index.js';
import type { ExportFormat } from './protocol.js';

export interface ExportedFile {
  fileName: string;
  content: string | Uint8Array<ArrayBuffer>;
}

/** A profile in one of the export formats. The bytes and texts are those of `scmp compile` and `scmp convert`. */
export function exportProfile(
  parsed: ParsedProfile,
  format: ExportFormat,
  options: CompileOptions & { libseccomp: Libseccomp },
): ExportedFile {
  const stem = (parsed.source ?? 'profile').replace(/^.*[/:\\]/, '').replace(/\.[a-z]+$/i, '') || 'profile';
  const { arch, capabilities, kernel } = options;
  if (isOutputFormat(format)) {
    const { extension, isOpen } = writtenFormat(format).output;
    const target = isOpen ? {} : { arch: parseArchitecture(arch).name, capabilities, kernel };
    // What a system does not know by its name is text to it.
    const fileName = `${stem}.${format}.${extension === format ? 'txt' : extension}`;
    return { fileName, content: writeProfile(parsed, format, target) };
  }
  const compiled = compileParsedWith(parsed, { ...options, pfc: format === 'pfc' });
  const named = (extension: string, content: ExportedFile['content']) => ({
    fileName: `${stem}.${parseArchitecture(arch).name}.${extension}`,
    content,
  });
  switch (format) {
    case 'bpf':
      return named('bpf', new Uint8Array(compiled.program));
    case 'base64':
      return named('base64', `${btoa(String.fromCharCode(...compiled.program))}\n`);
    case 'pfc':
      return named('pfc', compiled.pfc ?? '');
    case 'asm':
      return named('asm', formatDisassembly(disassemble(compiled, syscallNaming(options.libseccomp))));
    case 'c': {
      const target = compiled.arches.join(', ');
      const { endianness } = parseArchitecture(arch);
      return named('c', formatC(compiled.program, endianness, { target, maker: 'scmp compile' }));
    }
  }
}
