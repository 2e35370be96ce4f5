import { isJsonObject, type JsonValue } from '../profile/document/json-value.js';
import type { SplitObject } from '../profile/document/split-objects.js';
import { loadProfile } from '../profile/formats/load-profile.js';
import type { ParsedProfile } from '../profile/model/parsed-profile.js';
import type { Input } from './input.js';

/** One of several SeccompProfiles in one input. */
export interface ObjectInput {
  name: string;
  input: Input;
}

/**
 * The SeccompProfiles of an input that has several, each as an input of its own: documents of YAML, or a list, which
 * `kubectl get` prints. Undefined where it has one, or is something else. Each has the others beside it, for
 * `baseProfileName`.
 */
export async function objectInputs(input: Input): Promise<ObjectInput[] | undefined> {
  if (input.builtin || input.artifact || input.document !== undefined) return undefined;
  const text = new TextDecoder().decode(input.bytes);
  if ((text.match(/\bkind"?\s*:\s*"?SeccompProfile\b(?!List)/g)?.length ?? 0) < 2) return undefined;
  // JSON of one profile costs no parser of YAML.
  const [{ JsonSplitter, YamlSplitter }, { parsePlainYaml }, { parseYaml }, { SourceText }, { parseJson }] =
    await Promise.all([
      import('../profile/document/split-objects.js'),
      import('../profile/document/plain-yaml.js'),
      import('../profile/document/yaml.js'),
      import('../profile/document/source-text.js'),
      import('../profile/document/json-document.js'),
    ]);
  const isJson = /^\s*\{/.test(text);
  const objects: SplitObject[] = [];
  const splitter = new (isJson ? JsonSplitter : YamlSplitter)((object) => objects.push(object));
  splitter.push(text);
  // What cannot be cut is read whole, and its reader says what is wrong.
  if (splitter.end()) return undefined;
  const parsed = (own: string): JsonValue =>
    isJson
      ? parseJson(own, input.source).value
      : (parsePlainYaml(own) ?? parseYaml(SourceText.decode(own, input.source))[0].value);
  const beside = new Map<string, () => Promise<ParsedProfile>>();
  const found = objects.flatMap(({ text: own, line }): ObjectInput[] => {
    const value = parsed(own);
    if (!isJsonObject(value) || value.kind !== 'SeccompProfile') return [];
    const { metadata } = value;
    const name = isJsonObject(metadata) && typeof metadata.name === 'string' ? metadata.name : `line ${line}`;
    // Where it stands, for the places of what is wrong with it.
    const above = line < MAX_PLACED ? Math.max(line - 2, 0) : 0;
    // The mark says that what is indented is YAML.
    const placed =
      line > 1 && !isJson ? `${'\n'.repeat(above)}---\n${own}` : '\n'.repeat(line < MAX_PLACED ? line - 1 : 0) + own;
    const one = { bytes: new TextEncoder().encode(placed), source: input.source, beside };
    beside.set(name, () => loadProfile(one.bytes, { source: `${one.source} (${name})` }));
    return [{ name, input: one }];
  });
  return found.length > 1 ? found : undefined;
}

/** Up to which line an object is read where it stands: YAML is read up to 1 MiB. */
const MAX_PLACED = 200_000;
