import * as z from 'zod/mini';
import { ARCHITECTURES, type ArchitectureName } from '../../architecture.js';
import { OPTION_NAMES, takesWord } from '../settings/option-table.js';
import { DEFAULT_SETTINGS, type OptionName, type Settings } from '../settings/settings.js';
import { VIEWS, type ViewName } from '../state.js';

// The messages between an embedded page and the one around it: docs/playground.md. They are of version 1: `scmp: 1`.

export const PROTOCOL = 1;

/** The longest text that is taken, in UTF-16 code units: the reader's limit is far above what a page would embed. */
const MAX_TEXT = 2 * 1024 * 1024;

interface Checked<T> {
  value: T;
  issues: { push(issue: { code: 'custom'; input: unknown; message: string; path?: string[] }): unknown };
}

/** No more characters, or members. */
const longest = (most: number) => (context: Checked<{ length: number }>) => {
  const { value, issues } = context;
  if (value.length > most) issues.push({ code: 'custom', input: value, message: `it has more than ${most}` });
};

/** The words of options: as for links, an option that there is, and a word that it takes. */
function areWords({ value, issues }: Checked<unknown>): void {
  if (value === undefined) return;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    issues.push({ code: 'custom', input: value, message: 'it is no object' });
    return;
  }
  for (const [option, word] of Object.entries(value)) {
    const isKnown = (OPTION_NAMES as readonly string[]).includes(option);
    if (isKnown && typeof word === 'string' && word !== '' && takesWord(option as OptionName, word)) continue;
    const message = isKnown ? 'this option does not take this word' : 'there is no such option';
    issues.push({ code: 'custom', input: word, path: [option], message });
  }
}

const TEXT = z.string().check(longest(MAX_TEXT));
const NAME = z.string().check(longest(255));
const WORD = z.string().check(longest(64));
const ARCHITECTURE = z.enum(ARCHITECTURES.map(({ name }) => name) as [ArchitectureName, ...ArchitectureName[]]);

const SETTINGS = z.object({
  arch: z.optional(ARCHITECTURE),
  beside: z.optional(z.array(ARCHITECTURE).check(longest(ARCHITECTURES.length))),
  capabilities: z.optional(z.array(WORD).check(longest(64))),
  words: z.unknown().check(areWords),
});
const CALL = z.object({
  architecture: ARCHITECTURE,
  syscall: WORD,
  arguments: z.array(z.string().check(longest(4096))).check(longest(6)),
});
const OTHER = z.object({ text: TEXT, name: NAME });

/** What can be asked, by `do`. */
const REQUESTS = {
  open: z.object({
    text: TEXT,
    name: NAME,
    settings: z.optional(SETTINGS),
    view: z.optional(z.enum(Object.keys(VIEWS) as [ViewName, ...ViewName[]])),
    call: z.optional(CALL),
    other: z.optional(OTHER),
  }),
  read: z.object({}),
  theme: z.object({ theme: z.enum(['system', 'light', 'dark']) }),
} as const;
type Doing = keyof typeof REQUESTS;
const INNER = { settings: SETTINGS, call: CALL, other: OTHER } as const;

export type EmbedRequest = { [K in Doing]: { do: K; id: string | number } & z.infer<(typeof REQUESTS)[K]> }[Doing];

/** A message that is for the page. `id`: of the answer that says what is wrong with it. */
export type ReadMessage = { request: EmbedRequest } | { id: string | number | null; error: string };

/** Undefined: the message is not for this page, as those that other scripts send to all frames. */
export function readMessage(data: unknown): ReadMessage | undefined {
  if (!isRecord(data) || !Object.hasOwn(data, 'scmp')) return undefined;
  const { scmp, id: given, do: what, ...rest } = data;
  const isId =
    (typeof given === 'string' && given.length <= 64) || (typeof given === 'number' && Number.isFinite(given));
  const id = isId ? given : null;
  if (scmp !== PROTOCOL) return { id, error: `scmp: this page speaks version ${PROTOCOL} of the messages` };
  if (id === null) return { id, error: 'id: a text of at most 64 characters or a number, which the answer has too' };
  const doing = (Object.keys(REQUESTS) as Doing[]).find((name) => name === what);
  if (!doing) return { id, error: `do: one of ${Object.keys(REQUESTS).join(', ')}` };
  const schema = REQUESTS[doing];
  const unknown = unknownKey(rest, schema.shape);
  if (unknown !== undefined) return { id, error: `${unknown}: there is no such key` };
  const read = schema.safeParse(rest);
  if (read.success) return { request: { do: doing, id, ...read.data } as EmbedRequest };
  const [issue] = read.error.issues;
  return { id, error: `${issue?.path.join('.')}: ${issue && whatIsWrong(issue)}` };
}

function whatIsWrong(issue: {
  code?: string;
  message: string;
  expected?: unknown;
  values?: readonly unknown[];
}): string {
  if (issue.code === 'invalid_type') return `it has to be of the type ${issue.expected}`;
  if (issue.code === 'invalid_value') return `it has to be one of ${issue.values?.join(', ')}`;
  return issue.message;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** A key that means nothing: whoever wrote it wanted something of it. */
function unknownKey(value: Record<string, unknown>, shape: object, path = ''): string | undefined {
  for (const [key, inner] of Object.entries(value)) {
    if (!Object.hasOwn(shape, key)) return path + key;
    const innerShape = path === '' && Object.hasOwn(INNER, key) ? INNER[key as keyof typeof INNER].shape : undefined;
    const found = innerShape && isRecord(inner) && unknownKey(inner, innerShape, `${key}.`);
    if (found) return found;
  }
  return undefined;
}

/** The settings of a message, as the page has them. */
export function settingsOf(given: z.infer<typeof SETTINGS> | undefined): Settings {
  const { arch, beside = [], capabilities = [], words = {} } = given ?? {};
  return { arch: arch ?? DEFAULT_SETTINGS.arch, beside, capabilities, words: words as Settings['words'] };
}

/** What became of the text, for the page around. */
export interface EmbedVerdict {
  name: string;
  isCompiled: boolean;
  /** Where it compiled. */
  format?: string;
  architectures?: readonly string[];
  instructions?: number;
  problems: readonly {
    severity: 'error' | 'warning' | 'advice';
    id: string;
    message: string;
    line?: number | undefined;
    column?: number | undefined;
  }[];
}

/** What the embedded page says. */
export type EmbedMessage = { scmp: typeof PROTOCOL } & (
  | { event: 'ready'; versions: Readonly<Record<string, string>> }
  | { event: 'verdict'; verdict: EmbedVerdict }
  | { event: 'answer'; id: string | number; verdict?: EmbedVerdict; text?: string; name?: string; settings?: Settings }
  | { event: 'refused'; id: string | number | null; error: string }
);
