import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OCI_SCHEME } from '../compose/artifact/reference.js';
import { builtinProfile } from '../profile/builtin/index.js';
import { BUILTIN_PREFIX } from '../profile/builtin/names.js';
import { ProfileError } from '../profile/document/profile-error.js';
import { type ExtendOptions, extendProfile } from '../profile/extend/extend-profile.js';
import { traitsOf } from '../profile/formats/index.js';
import { loadProfile } from '../profile/formats/load-profile.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import { printable, quote } from '../text.js';
import { refuseFilesOfArtifact } from './artifact-profile.js';
import { includedFile } from './included-files.js';
import { FileError, fileError, folderOf, type Input, isReadable, readInput } from './input.js';

const EXTENSIONS = ['', '.json', '.yaml', '.yml'];

/** More than a chain of profiles may have: `extendProfile` reports longer ones. */
const MAX_BASES = 16;

/** Where profiles are that others extend. */
export interface BasePlaces {
  /** Where names are looked for besides. */
  folder?: string | undefined;
  /** Where artifacts are: OCI image layouts, and folders with some. */
  layouts: readonly string[];
  /** SeccompProfiles of the same input, by name. */
  beside?: Input['beside'] | undefined;
}

/** A profile with all that it extends, from files, local artifacts and built-ins. */
export async function extendFromFiles(
  profile: ParsedProfile,
  places: BasePlaces,
  options: ExtendOptions,
): Promise<ParsedProfile> {
  const bases = new Map<ParsedProfile, ParsedProfile>();
  let top: ParsedProfile | undefined = profile;
  for (let step = 0; top?.seccomp.extends && step < MAX_BASES; step++) {
    const base: ParsedProfile | undefined = await findBase(top.seccomp.extends, top, places);
    if (base) bases.set(top, base);
    top = base;
  }
  return extendProfile(profile, (_name, from) => bases.get(from), options);
}

/**
 * The profile of a name in `extends`. With a slash or a dot it is a file, relative to the folder of the profile that
 * names it. With `oci://` it is an artifact, of a layout on this machine. Otherwise it is a built-in, or a file of that name, with or without its extension. A name that is both is
 * an error: nobody should have to guess which one counts. In a SeccompProfile it is always a name: that of another's
 * metadata, or a file's.
 */
async function findBase(
  name: string,
  from: ParsedProfile,
  { folder, layouts, beside }: BasePlaces,
): Promise<ParsedProfile | undefined> {
  if (name.startsWith(BUILTIN_PREFIX)) return builtinProfile(name);
  if (name.startsWith(OCI_SCHEME)) return (await import('./artifact-base.js')).artifactBase(name, from, layouts);
  refuseFilesOfArtifact(name, from);
  const isFile = from.source !== undefined && isReadable(from.source);
  const own = folderOf(from.source);
  const isNamed = traitsOf(from).extendsAs === 'operator';
  const listed = isNamed ? beside?.get(name) : undefined;
  if (listed) return listed();
  if (!isNamed && /[/\\.]/.test(name)) return read(join(own, name));

  const searched = folder ?? own;
  const isItself = (file: string) => isFile && resolve(file) === resolve(from.source as string);
  const found = EXTENSIONS.map((extension) => join(searched, name + extension))
    .filter((file) => isReadable(file) && !isItself(file))
    .map((file) => ({ what: file, load: () => read(file) }));
  if (isNamed) found.push(...(await namedProfiles(name, searched)));
  const builtin = builtinProfile(name);
  if (builtin) found.push({ what: `${BUILTIN_PREFIX}${name}`, load: async () => builtin });
  const distinct = new Map(found.map(({ what, load }) => [resolve(what), { what, load }]));
  if (distinct.size > 1) {
    const all = [...distinct.values()].map(({ what }) => printable(what)).join(' and ');
    throw new FileError(
      `${printable(from.source ?? 'profile')}: ${quote(name)} may be ${all}; say which: a path with a slash, or ${BUILTIN_PREFIX}NAME`,
    );
  }
  return distinct.values().next().value?.load();
}

async function read(path: string): Promise<ParsedProfile> {
  const { bytes, source } = readInput(path === '-' ? './-' : path, 'file');
  return loadProfile(bytes, { source, include: includedFile });
}

/** The SeccompProfiles of a folder with this `metadata.name`, which is what `baseProfileName` means to the operator. */
async function namedProfiles(name: string, folder: string) {
  const found: { what: string; load: () => Promise<ParsedProfile> }[] = [];
  for (const file of attempt(folder, () => readdirSync(folder)).sort()) {
    if (!/\.(json|ya?ml)$/.test(file)) continue;
    const path = join(folder, file);
    const text = attempt(path, () => readFileSync(path, 'utf8'));
    if (!text.includes('SeccompProfile') || !text.includes(name)) continue;
    const profile = await loadNamed(text, path, name);
    if (profile?.name === name) found.push({ what: path, load: async () => profile });
  }
  return found;
}

function attempt<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/** The profile of that name in a file of one or several; undefined where it has none. */
async function loadNamed(text: string, source: string, name: string): Promise<ParsedProfile | undefined> {
  try {
    return await loadProfile(text, { source, document: name });
  } catch (error) {
    const isAnother = error instanceof ProfileError && error.issues.some(({ code }) => code === 'unknown-document');
    if (isAnother) return undefined;
    throw error;
  }
}
