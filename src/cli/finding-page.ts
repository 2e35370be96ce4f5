import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
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

/** What a released package.json says of where the package is from: scripts/prepare-release.mjs fills it in. */
interface Manifest {
  version?: string;
  homepage?: string;
}

/**
 * The page of a finding: its section of the docs, which are in the package, and where that is: a link, where the package
 * says where it is from.
 *
 * @throws {InvalidArgumentError} when no finding has this id
 */
export function findingPage(id: string, manifest: Manifest = ownManifest()): string {
  const sections = new Map(PAGES.flatMap(sectionsOf));
  const found = sections.get(id);
  if (found === undefined) {
    const nearest = nearestName(id, sections.keys());
    const hint = nearest === undefined ? 'docs/check.md and docs/programs.md list them' : `did you mean ${nearest}?`;
    throw new InvalidArgumentError(`there is no finding ${quote(id)}; ${hint}`);
  }
  const link = linkOf(id, found, manifest) ?? `${found.file}:${found.line}`;
  return `${id} (${found.severity})\n\n${found.body.trim()}\n\n${link}\n`;
}

/** The section at the version that runs, as GitHub names its heading. */
function linkOf(id: string, { severity, file }: Section, { version, homepage }: Manifest): string | undefined {
  const repository = /^(https:\/\/[^#?\s]+?)\/?#readme$/.exec(homepage ?? '')?.[1];
  if (repository === undefined || version === undefined) return undefined;
  return `${repository}/blob/v${version}/docs/${basename(file)}#${id}-${severity}`;
}

const ownManifest = (): Manifest =>
  JSON.parse(read(fileURLToPath(new URL('../package.json', import.meta.url)))) as Manifest;

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
