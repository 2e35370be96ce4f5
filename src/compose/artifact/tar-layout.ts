import { ArtifactError } from './artifact-error.js';
import type { LayoutFiles } from './read-layout.js';

/** Bytes of a header, and what the content of a file is padded to (POSIX pax, "ustar Interchange Format"). */
const BLOCK = 512;
const MAGIC_AT = 257;
const CHECKSUM = { from: 148, to: 156 };
/** A store of many profiles has three files for each. */
const MAX_FILES = 65_536;

/** Whether bytes begin as a tar archive does. */
export const isTar = (bytes: Uint8Array): boolean =>
  bytes.length >= BLOCK && latin1(bytes.subarray(MAGIC_AT, MAGIC_AT + 5)) === 'ustar';

/**
 * An OCI image layout in a tar archive, as `skopeo copy … oci-archive:FILE` writes it. Only regular files with plain
 * names count, which are all that a layout has; a link is none. Nothing is unpacked.
 *
 * @throws {ArtifactError} `LAYOUT`, where it is cut short or a header is damaged
 */
export function tarLayout(bytes: Uint8Array, source: string): LayoutFiles {
  const files = new Map<string, Uint8Array>();
  const fail = (message: string) => new ArtifactError('LAYOUT', source, message);
  for (let offset = 0; offset + BLOCK <= bytes.length; ) {
    const header = bytes.subarray(offset, offset + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    if (octal(header.subarray(CHECKSUM.from, CHECKSUM.to)) !== checksum(header)) {
      throw fail(`the archive is damaged: the header at byte ${offset} has another checksum`);
    }
    const size = octal(header.subarray(124, 136));
    const from = offset + BLOCK;
    if (size === undefined || from + size > bytes.length) {
      throw fail(`the archive is cut short: the file at byte ${offset} goes past its end`);
    }
    const type = header[156];
    if (type === 0 || type === 0x30) files.set(nameOf(header), bytes.subarray(from, from + size));
    if (files.size > MAX_FILES) throw fail(`more than ${MAX_FILES} files in the archive`);
    offset = from + Math.ceil(size / BLOCK) * BLOCK;
  }
  return {
    source,
    read: (path, most) => {
      const content = files.get(path);
      if (content === undefined || content.length <= most) return content;
      throw new ArtifactError('SIZE', source, `${path} has ${content.length} bytes, and at most ${most} are read`);
    },
  };
}

function nameOf(header: Uint8Array): string {
  const [name, prefix] = [text(header.subarray(0, 100)), text(header.subarray(345, 500))];
  return (prefix === '' ? name : `${prefix}/${name}`).replace(/^(?:\.\/)+/, '');
}

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const text = (bytes: Uint8Array): string => latin1(bytes).replace(/\0[\s\S]*$/, '');

/** A number in octal digits; undefined where it is none. */
function octal(bytes: Uint8Array): number | undefined {
  const digits = text(bytes).trim();
  return /^[0-7]{1,11}$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

/** The sum of a header's bytes, those of the checksum itself as blanks. */
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, at) => sum + (at >= CHECKSUM.from && at < CHECKSUM.to ? 0x20 : byte), 0);
}
