import { kindOfLog } from '../../learn/log-kind.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import type { OpenedBytes, RequestBody } from './protocol.js';

/** How much of a text is looked at to tell a log from a profile, in characters. */
const SAMPLE = 1 << 16;

/** The largest content of a packed file, in bytes: a few kilobytes can be gigabytes. */
const MAX_UNPACKED = 64 * 1024 * 1024;

/** What a file is, by its bytes: a program as assembler, a log, or a text that the editor shows. */
export async function openFile(
  { bytes, source, arch }: RequestBody<'open'>,
  library: Libseccomp,
): Promise<OpenedBytes> {
  const unreadable = (why: string): OpenedBytes => ({ kind: 'unreadable', message: `${source} ${why}` });
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const content = isPacked ? await unpacked(bytes) : bytes;
  if (!content) return unreadable('cannot be unpacked, or is too large: nothing was opened');
  const { programAsText } = await import('./read-program.js');
  const program = programAsText(content, arch, library);
  if (program !== undefined) return { kind: 'text', text: program, isProgram: true, isPacked };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return unreadable('is no text in UTF-8 and no program: nothing was opened');
  }
  if (text.includes('\0')) return unreadable('is binary and no program: nothing was opened');
  return isLog(text) ? { kind: 'log', text } : { kind: 'text', text, isProgram: false, isPacked };
}

/** A profile in JSON or with sections is none, whatever a line of it looks like. */
function isLog(text: string): boolean {
  if (/^\s*(?:\{\s*["}]|\[\w+\]|[#;])/.test(text) && !/^\s*\{"(?:type|__CURSOR|_)/.test(text)) return false;
  return kindOfLog(text.slice(0, SAMPLE)) !== undefined;
}

async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
      size += value.length;
      if (size > MAX_UNPACKED) return undefined;
      parts.push(value);
    }
  } catch {
    return undefined;
  }
}
