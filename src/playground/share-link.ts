import { ARCHITECTURES, type ArchitectureName } from '../architecture.js';
import type { ProfileText, Settings, TypedCall } from './engine/protocol.js';
import { DEFAULT_SETTINGS, type OptionName } from './settings/settings.js';
import { type AppState, DEFAULT_CALL, VIEWS, type ViewName } from './state.js';

/** What a link carries. It is in the address's fragment, which browsers do not send to the server. */
export interface Shared extends ProfileText {
  settings: Settings;
  /** The tab. */
  view?: ViewName | undefined;
  programForm?: AppState['programForm'] | undefined;
  /** The architecture whose map is shown; undefined: the target's. */
  mapArchitecture?: ArchitectureName | undefined;
  /** The call of the simulator. */
  call?: TypedCall | undefined;
  /** The other side of the diff. */
  other?: ProfileText | undefined;
}

/** The first characters of a fragment that is ours; a change of the form gets another number. */
const PREFIX = '#2.';
/** The form of earlier versions: the text and four settings. */
const FIRST_PREFIX = '#1.';

/** The largest text that is read from a link, in bytes: a few kilobytes of deflate can be gigabytes of text. */
const MAX_SIZE = 2 * 1024 * 1024;

const DEFAULT_TYPED = [DEFAULT_CALL.architecture, DEFAULT_CALL.syscall, ...DEFAULT_CALL.arguments];

/**
 * The fragment for what is shown: JSON without what has its default, under keys of one letter, deflated, in base64url
 * (RFC 4648).
 */
export async function encodeShared({ text, source, settings, ...shown }: Shared): Promise<string> {
  const { arch, beside, capabilities, words } = settings;
  const { view, programForm, mapArchitecture, call, other } = shown;
  const typed = call && [call.architecture, call.syscall, ...call.arguments];
  const json = JSON.stringify({
    t: text,
    n: source,
    a: arch === DEFAULT_SETTINGS.arch ? undefined : arch,
    b: beside.length > 0 ? beside : undefined,
    c: capabilities.length > 0 ? capabilities.map((name) => name.replace(/^CAP_/, '')) : undefined,
    w: Object.keys(words).length > 0 ? words : undefined,
    v: view === undefined || view === 'map' || view === 'profile' ? undefined : view,
    p: programForm === 'graph' ? 1 : undefined,
    m: mapArchitecture,
    s: JSON.stringify(typed) === JSON.stringify(DEFAULT_TYPED) ? undefined : typed,
    o: other && other.text !== '' ? [other.source, other.text] : undefined,
  });
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
  const isFirst = fragment.startsWith(FIRST_PREFIX);
  if (!isFirst && !fragment.startsWith(PREFIX)) return undefined;
  let value: unknown;
  try {
    const binary = atob(fragment.slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/'));
    value = JSON.parse(await inflate(Uint8Array.from(binary, (character) => character.charCodeAt(0))));
  } catch {
    throw new Error('this link is damaged or cut off: ask for it again, best as a file');
  }
  const shared = isRecord(value) ? await (isFirst ? readFirst(value) : readShared(value)) : undefined;
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

type Json = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const areTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
const architectureOf = (name: unknown): ArchitectureName | undefined =>
  ARCHITECTURES.find((architecture) => architecture.name === name)?.name;

/** A wrong field makes the link none of ours: nobody should see something else than what was sent. */
async function readShared({ t, n, a = DEFAULT_SETTINGS.arch, b = [], c = [], w = {}, ...shown }: Json) {
  const { v = 'map', p, m, s = DEFAULT_TYPED, o = ['', ''] } = shown;
  const arch = architectureOf(a);
  if (!isText(t) || !isText(n) || !arch || !areTexts(b) || !areTexts(c) || !isRecord(w)) return undefined;
  const beside = b.flatMap((name) => architectureOf(name) ?? []);
  const words = await readWords(w);
  if (beside.length !== b.length || !words) return undefined;
  const capabilities = c.map((name) => `CAP_${name}`);
  const view = (Object.keys(VIEWS) as ViewName[]).find((name) => name === v);
  const call = readCall(s);
  const other = readOther(o);
  const mapArchitecture = architectureOf(m);
  if (!view || !call || !other || (m !== undefined && !mapArchitecture) || (p !== undefined && p !== 1)) {
    return undefined;
  }
  const settings = { arch, beside, capabilities, words };
  const programForm = p === 1 ? ('graph' as const) : ('listing' as const);
  return { text: t, source: n.slice(0, 255), settings, view, programForm, mapArchitecture, call, other };
}

function readCall(value: unknown): TypedCall | undefined {
  if (!areTexts(value) || value.length < 2 || value.length > 8) return undefined;
  const [name, syscall = '', ...given] = value;
  const architecture = architectureOf(name);
  return (
    architecture && { architecture, syscall: syscall.slice(0, 64), arguments: given.map((text) => text.slice(0, 4096)) }
  );
}

function readOther(value: unknown): ProfileText | undefined {
  if (!areTexts(value) || value.length !== 2) return undefined;
  const [source = '', text = ''] = value;
  return { text, source: source.slice(0, 255) };
}

/** The words of options; undefined where one is unknown, or does not take its word. */
async function readWords(value: Json): Promise<Settings['words'] | undefined> {
  const entries = Object.entries(value);
  if (entries.length === 0) return {};
  const { OPTION_NAMES, takesWord } = await import('./settings/option-table.js');
  const known = new Map<string, OptionName>(OPTION_NAMES.map((name) => [name, name]));
  const isGood = ([name, word]: [string, unknown]) => {
    const option = known.get(name);
    return option !== undefined && isText(word) && word !== '' && takesWord(option, word);
  };
  return entries.every(isGood) ? (Object.fromEntries(entries) as Settings['words']) : undefined;
}

async function readFirst({ text, source, arch, capabilities, kernel, optimize }: Json): Promise<Shared | undefined> {
  const architecture = architectureOf(arch);
  if (!isText(text) || !isText(source) || !isText(kernel) || !architecture || !areTexts(capabilities)) return undefined;
  if (![0, 1, 2, 'min'].includes(optimize as never)) return undefined;
  // 0 was what is chosen without a choice.
  const level = optimize === 0 ? {} : { optimize: String(optimize) };
  const words = { ...(kernel === '' ? {} : { kernel: kernel.slice(0, 32) }), ...level };
  return { text, source: source.slice(0, 255), settings: { arch: architecture, beside: [], capabilities, words } };
}
