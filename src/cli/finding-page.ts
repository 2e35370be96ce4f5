import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError } from '../errors.js';
import { nearestName } from '../nearest-name.js';
import { quote } from '../text.js';
import { fileError } from './input.js';

/** Pages of the package that have findings, each a section: those of profiles, and those that only programs have. */
const PAGES = ['check.md', 'programs.md'];

interface Section {
  severity: string;
  body: string;
  file: string;
  line: number;
}

/**
 * The page of a finding: its section of the docs, which are in the package, and where that is.
 *
 * @throws {InvalidArgumentError} when no finding has this id
 */
export function findingPage(id: string): string {
  const sections = new Map(PAGES.flatMap(sectionsOf));
  const found = sections.get(id);
  if (found === undefined) {
    const nearest = nearestName(id, sections.keys());
    const hint = nearest === undefined ? 'docs/check.md and docs/programs.md list them' : `did you mean ${nearest}?`;
    throw new InvalidArgumentError(`there is no finding ${quote(id)}; ${hint}`);
  }
  return `${id} (${found.severity})\n\n${found.body.trim()}\n\n${found.file}:${found.line}\n`;
}

function sectionsOf(page: string): [id: string, section: Section][] {
  const file = fileURLToPath(new URL(`../docs/${page}`, import.meta.url));
  const text = read(file);
  return [...text.matchAll(/^### `([a-z0-9-]+)` \((\w+)\)\n([\s\S]*?)(?=^##|(?![\s\S]))/gm)].map(
    ({ 1: id = '', 2: severity = '', 3: body = '', index }) => [
      id,
      { severity, body, file, line: text.slice(0, index).split('\n').length },
    ],
  );
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw fileError(file, cause);
  }
}
