import { ARCHITECTURES } from '../architecture.js';
import type { ProfileText, Settings } from './engine/protocol.js';

/** What a link carries. It is in the address's fragment, which browsers do not send to the server. */
export interface Shared extends ProfileText {
  settings: Settings;
}

/** The first characters of a fragment that is ours; a change of the form gets another number. */
const PREFIX = '#1.';

/** The largest text that is read from a link, in bytes: a few kilobytes of deflate can be gigabytes of text. */
const MAX_SIZE = 1024 * 1024;

/** The fragment for a profile: its JSON, deflated, in base64url (RFC 4648). */
export async function encodeShared({ text, source, settings }: Shared): Promise<string> {
  const { arch, capabilities, kernel, optimize } = settings;
  const json = JSON.stringify({ text, source, arch, capabilities, kernel, optimize });
  const compressed = new Blob([json]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(compressed).arrayBuffer());
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return PREFIX + btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/**
 * Read a fragment. Undefined: it is none of ours. An error: it is cut off, damaged, or has the wrong shape. Every field
 * is checked, since anybody can write an address.
 */
export async function decodeShared(fragment: string): Promise<Shared | undefined> {
  if (!fragment.startsWith(PREFIX)) return undefined;
  let value: unknown;
  try {
    const binary = atob(fragment.slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/'));
    value = JSON.parse(await inflate(Uint8Array.from(binary, (character) => character.charCodeAt(0))));
  } catch {
    throw new Error('this link is damaged or cut off: ask for it again, best as a file');
  }
  const shared = toShared(value);
  if (!shared) throw new Error('this link is not from this page, or from a newer version of it');
  return shared;
}

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.length;
    if (size > MAX_SIZE) {
      await reader.cancel();
      throw new Error('too large');
    }
    text += decoder.decode(value, { stream: true });
  }
}

function toShared(value: unknown): Shared | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { text, source, arch, capabilities, kernel, optimize } = value as Record<string, unknown>;
  const architecture = ARCHITECTURES.find(({ name }) => name === arch);
  if (typeof text !== 'string' || typeof source !== 'string' || typeof kernel !== 'string' || !architecture) {
    return undefined;
  }
  if (optimize !== 0 && optimize !== 1 && optimize !== 2 && optimize !== 'min') return undefined;
  if (!Array.isArray(capabilities) || !capabilities.every((each) => typeof each === 'string')) return undefined;
  const settings: Settings = { arch: architecture.name, capabilities, kernel: kernel.slice(0, 64), optimize };
  return { text, source: source.slice(0, 255), settings };
}
