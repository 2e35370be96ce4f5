import { basename } from 'node:path';
import type { Position } from 'vscode-languageserver/node';
import type { ProfilePart } from '../../editor/profile-parts.js';
import { type Analyst, QuestionError } from './analyst.js';
import { refusal } from './asked.js';
import { committedText } from './committed-text.js';
import type { OpenDocument } from './open-document.js';

/** The commands of the server; an editor asks for them with the URI of a document first, or a place in it. */
export const COMMANDS = {
  simulate: 'scmp.simulate',
  explain: 'scmp.explain',
  diffWithHead: 'scmp.diffWithHead',
} as const;

/** A document, and a place where that tells which of its profiles is meant. */
interface Asked {
  readonly uri: string;
  readonly position: Position | undefined;
}

/** The first argument of a command. */
export function askedPlace(command: string, given: unknown): Asked {
  if (typeof given === 'string') return { uri: given, position: undefined };
  const { uri, position } = (given ?? {}) as { uri?: unknown; position?: Partial<Position> };
  const { line, character } = position ?? {};
  if (typeof uri === 'string' && Number.isInteger(line) && Number.isInteger(character)) {
    return { uri, position: { line: line as number, character: character as number } };
  }
  throw refusal(`${command} takes the URI of an open document first, or { uri, position }`);
}

/** What a command answers: about the profile at a place, or about each of the document. */
export async function answerTo(
  command: string,
  { position }: Asked,
  open: OpenDocument,
  words: readonly string[],
  analyst: Analyst,
): Promise<string> {
  const one = await answerer(command, open, words, analyst);
  const [first, ...others] = position ? [open.partAt(open.offsetAt(position))] : open.parts;
  if (others.length === 0) return one(first);
  const texts: string[] = [];
  for (const part of [first, ...others]) {
    const text = await one(part).catch((error) => {
      if (error instanceof QuestionError && !error.isOwn) return error.message;
      throw error;
    });
    texts.push(`${part.name}:\n${text}`);
  }
  return texts.join('\n');
}

async function answerer(
  command: string,
  open: OpenDocument,
  words: readonly string[],
  analyst: Analyst,
): Promise<(part: ProfilePart) => Promise<string>> {
  const [call, ...args] = words;
  const name = basename(open.path);
  switch (command) {
    case COMMANDS.simulate:
      if (call === undefined) throw refusal('name a system call, as "socket AF_UNIX"');
      return ({ selection }) => analyst.ask('simulate', { ...open.edited, selection, call, args });
    case COMMANDS.explain:
      return ({ selection }) => analyst.ask('explain', { ...open.edited, selection, call });
    case COMMANDS.diffWithHead: {
      const text = await committedText(open.path);
      if (text === undefined) return async () => `${name} is in no commit`;
      const names = [`${name} in HEAD`, 'as it is now'] as const;
      return ({ selection }) => {
        const after = { ...open.edited, selection };
        return analyst.ask('compare', { before: { ...after, text }, after, names });
      };
    }
    default:
      throw refusal(`there is no command ${command}`);
  }
}
