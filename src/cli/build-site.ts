import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { count } from '../phrases.js';
import { FileError, fileError } from './input.js';

const SERVICE_WORKER = 'service-worker.js';
const INDEX = 'index.html';
/** How an earlier site is known, which a new one may replace. */
const BEGIN = '// scmp playground --build\n';

/**
 * Write the playground as a static site, whole or not at all. Its addresses are relative, so it stands at any path; its
 * policy is in index.html; a service worker keeps the files whose digests are those that were built. Returns what was
 * written, in words.
 */
export function buildSite(playground: string, folder: string): string {
  const target = resolve(folder);
  if (!isFree(target)) {
    throw new FileError(`${folder}: there is something else in this folder: name one that is empty, or not there yet`);
  }
  try {
    mkdirSync(dirname(target), { recursive: true });
    const site = mkdtempSync(join(dirname(target), `.${basename(target)}-`));
    // A temporary folder is its owner's alone; a host has to read this one.
    chmodSync(site, 0o777 & ~process.umask());
    try {
      writeSite(playground, site);
      const files = filesOf(site).length;
      rmSync(target, { recursive: true, force: true });
      renameSync(site, target);
      return `${folder}: ${count(files, 'file')}, for any static host`;
    } catch (error) {
      rmSync(site, { recursive: true, force: true });
      throw error;
    }
  } catch (cause) {
    throw fileError(folder, cause);
  }
}

function writeSite(playground: string, site: string): void {
  cpSync(playground, site, { recursive: true });
  const index = join(site, INDEX);
  const html = readFileSync(index, 'utf8');
  const scripts = html
    .replace('<html ', '<html data-offline ')
    .replace(/ (?:src|href)="\.\/((?:main|style)\.(?:js|css))"/g, (attribute, name: string) => {
      const digest = createHash('sha384')
        .update(readFileSync(join(site, name)))
        .digest('base64');
      return `${attribute} integrity="sha384-${digest}"`;
    });
  writeFileSync(index, scripts);
  // GitHub Pages leaves out what Jekyll does not take.
  writeFileSync(join(site, '.nojekyll'), '');
  const names = filesOf(site).filter((name) => name !== SERVICE_WORKER && !basename(name).startsWith('.'));
  const files = Object.fromEntries(names.map((name) => [name, sha256(readFileSync(join(site, name)))]));
  const version = sha256(JSON.stringify(files)).slice(0, 16);
  const script = readFileSync(join(site, SERVICE_WORKER), 'utf8');
  writeFileSync(join(site, SERVICE_WORKER), `${BEGIN}const SITE = ${JSON.stringify({ version, files })};\n${script}`);
}

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');

/** By paths of addresses, in the same order everywhere. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** Nothing is there, or a site that was built before. */
function isFree(folder: string): boolean {
  if (!existsSync(folder)) return true;
  try {
    if (readdirSync(folder).length === 0) return true;
    return readFileSync(join(folder, SERVICE_WORKER), 'utf8').startsWith(BEGIN);
  } catch {
    return false;
  }
}
