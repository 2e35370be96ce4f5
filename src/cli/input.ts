import { readFileSync } from 'node:fs';
import { decodeProgram } from '../bpf/codec.js';
import { isOpcode } from '../bpf/index.js';
import { ScmpError } from '../errors.js';

/** A file cannot be read or written. */
export class FileError extends ScmpError {
  override readonly name = 'FileError';
  readonly code = 'FILE';
}

export interface Input {
  bytes: Uint8Array;
  /** What to call it in messages. */
  source: string;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'is a directory',
  EACCES: 'permission denied',
  ENOTDIR: 'a part of its path is not a directory',
};

/** Describe a failed file operation the way shells do. */
export function fileError(path: string, cause: unknown): FileError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new FileError(`${path}: ${REASONS[code ?? ''] ?? message}`, { cause });
}

/** Read a file, or standard input for `-`. */
export function readInput(path: string): Input {
  try {
    return path === '-' ? { bytes: readFileSync(0), source: 'stdin' } : { bytes: readFileSync(path), source: path };
  } catch (cause) {
    throw fileError(path === '-' ? 'stdin' : path, cause);
  }
}

/**
 * Whether bytes are a compiled program rather than a profile: whole instructions of known operations, in either byte
 * order. No text is: a letter, brace or blank is no operation's code.
 */
export function isProgram(bytes: Uint8Array): boolean {
  if (bytes.length === 0 || bytes.length % 8 !== 0) return false;
  return (['little', 'big'] as const).some((endianness) =>
    decodeProgram(bytes, endianness).every(({ code }) => isOpcode(code)),
  );
}
