import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError } from '../errors.js';
import { nearestName } from '../nearest-name.js';
import { quote } from '../text.js';
import { fileError } from './input.js';

/**
 * The page of a finding: its section of docs/check.md, which is in the package, and where that is.
 *
 * @throws {InvalidArgumentError} when no finding has this id
 */
export function findingPage(id: string): string {
  const file = fileURLToPath(new URL('../docs/check.md', import.meta.url));
  const text = read(file);
  const sections = new Map(
    [...text.matchAll(/^### `([a-z0-9-]+)` \((\w+)\)\n([\s\S]*?)(?=^##|(?![\s\S]))/gm)].map(
      ({ 1: each = '', 2: severity = '', 3: body = '', index }) => [each, { severity, body, index }],
    ),
  );
  const found = sections.get(id);
  if (found === undefined) {
    const nearest = nearestName(id, sections.keys());
    const hint = nearest === undefined ? 'docs/check.md lists them' : `did you mean ${nearest}?`;
    throw new InvalidArgumentError(`there is no finding ${quote(id)}; ${hint}`);
  }
  const line = text.slice(0, found.index).split('\n').length;
  return `${id} (${found.severity})\n\n${found.body.trim()}\n\n${file}:${line}\n`;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw fileError(file, cause);
  }
}
