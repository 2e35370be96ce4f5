// Random edits of open documents: what the server has to say in the end is what a fresh `scmp check` of the text says.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic } from 'vscode-languageserver-protocol/node';
import { editorFormat, looksLikeProfile } from '../../../src/editor/editor-format.js';
import { FORMATS } from '../../../src/profile/formats/index.js';
import { SAMPLES } from '../../editor/format/samples.js';
import { Random } from '../../oracle/random-profiles.js';
import type { Client } from './client.js';

/** By how the command is told the format: JSON and YAML by their content. The server has it from the files' names. */
const STARTS = SAMPLES.map(({ format, before, after }) => {
  const isObject = FORMATS.find(({ id }) => id === format)?.syntax === 'keys';
  const isJson = isObject && /^\s*[{[]/.test(before);
  const extension = isJson ? 'json' : isObject ? 'yaml' : format;
  return { from: isObject ? undefined : format, extension, texts: [before, after] };
});

/** One machine, of which there is one report for each version; and the formats of the files' names. */
export const SETTINGS = {
  architectures: ['x86_64'],
  formats: Object.fromEntries(
    STARTS.flatMap(({ from, extension }) => (from === undefined ? [] : [[`*.${extension}`, from]])),
  ),
};

const PIECES = [
  ...[
    '"',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '\n',
    '\r\n',
    ' ',
    '@',
    '#',
    '\\',
    '- ',
    '0x',
    '😀',
    "'",
    '//',
    '=',
    '(',
    ')',
    '',
  ],
  ...['read', 'wriet', 'socket', 'SCMP_ACT_ERRNO', 'AF_UNIX', '4294967296', '"errnoRet": 38,', 'ERRNO(1)', 'kill'],
];

interface Edited {
  readonly uri: string;
  readonly path: string;
  readonly from: string | undefined;
}

/** How the server's last word on each of some documents differs from the command's; `seed` is the first one's. */
export async function compareRandomEdits(
  client: Client,
  folder: string,
  seed: number,
  count: number,
): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const edited: Edited[] = [];
  for (let at = 0; at < count; at++) edited.push(await edit(client, folder, seed + at));
  const expected = new Map<string, readonly string[]>();
  for (const from of new Set(edited.map((each) => each.from))) {
    const paths = edited.filter((each) => each.from === from).map(({ path }) => path);
    const format = from === undefined ? [] : ['--from', from];
    const args = [client.command, 'check', '--json', '--arch', 'x86_64', ...format, ...paths];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
    if (stdout === '') throw new Error(stderr);
    for (const { source, findings } of JSON.parse(stdout).files as Report[]) {
      // A file with several profiles has several reports.
      expected.set(source, [...(expected.get(source) ?? []), ...findings.map(wordsOfFinding)]);
    }
  }
  const differences: string[] = [];
  for (const [at, { uri, path, from }] of edited.entries()) {
    const text = client.document(uri).getText();
    // Where nothing names the format, a text that is no profile is let alone.
    const isServed = from !== undefined || looksLikeProfile(text, editorFormat(text, { fileName: path }));
    const isProfile = isServed && text.trim() !== '';
    const wanted = isProfile ? [...(expected.get(path) ?? [])].sort() : [];
    const found = (await client.diagnostics(uri)).map(wordsOfDiagnostic).sort();
    // A file that is read, and has no profile in it, is let alone too.
    const hasNone =
      wanted.length === 1 && /: (?:this config\.json has no|no (?:setting|line) of this)/.test(wanted[0]!);
    if (found.join() === wanted.join() || (hasNone && found.length === 0)) continue;
    differences.push(`seed ${seed + at}: ${JSON.stringify({ text, wanted, found }, null, 1)}`);
  }
  return differences;
}

/** Open a text, and change it; sometimes an answer is waited for in between, sometimes several changes come at once. */
async function edit(client: Client, folder: string, seed: number): Promise<Edited> {
  const random = new Random(seed);
  const { from, extension, texts } = random.pick(STARTS);
  const path = join(folder, `${seed}.${extension}`);
  const uri = await client.open(path, random.pick(texts));
  for (let rounds = 1 + random.below(6); rounds > 0; rounds--) {
    const document = client.document(uri);
    const text = document.getText();
    const start = random.below(text.length + 1);
    // A word, a line, or a few characters are replaced, by a piece or by another part of the text.
    const length = random.pick([
      () => /^\w*/.exec(text.slice(start))?.[0].length ?? 0,
      () => /^[^\n]*\n?/.exec(text.slice(start))?.[0].length ?? 0,
      () => random.below(4),
      () => 0,
    ])();
    const copied = random.below(text.length + 1);
    const piece = random.chance(0.3) ? text.slice(copied, copied + random.below(40)) : random.pick(PIECES);
    const range = { start: document.positionAt(start), end: document.positionAt(start + length) };
    await client.change(uri, piece, range);
    if (random.chance(0.2)) await client.diagnostics(uri);
  }
  writeFileSync(path, client.document(uri).getText());
  return { uri, path, from };
}

interface Report {
  source: string;
  findings: { severity: string; message: string; advice: string; position?: { line: number } }[];
}

const SEVERITIES = ['', 'error', 'warning', 'advice'];

const wordsOfFinding = ({ severity, message, advice, position }: Report['findings'][number]) =>
  `${position?.line ?? 1} ${severity}: ${message}${advice ? `\n${advice}` : ''}`;

const wordsOfDiagnostic = ({ severity, message, range }: Diagnostic) =>
  `${range.start.line + 1} ${SEVERITIES[severity ?? 0]}: ${message}`;
