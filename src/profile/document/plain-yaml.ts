import { MAX_NESTING } from './json-document.js';
import type { JsonObject, JsonValue } from './json-value.js';

/** Of a mapping: `name:` or `spo.x-k8s.io/partial:`, with what follows on the line. */
const KEY = /^([A-Za-z_][\w./-]*):(?: +(\S.*))?$/;
const INTEGER = /^(?:0|[1-9]\d{0,17})$/;
/** Words and sentences that are text to every reader of YAML. */
const PLAIN_TEXT = /^[A-Za-z_/][\w./:+@=,;() -]*$/;
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
const QUOTED = /^(?:"([ !#-[\]-~]*)"|'([ -&(-~]*)')$/;
/** What the core schema takes for something else than text. */
const WORDS: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ...['null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);

/** Thrown and caught here: the text is of another form. */
const OTHER_FORM = Symbol('other form');

/**
 * One YAML document of the form that `kubectl get -o yaml` and this package write: block mappings and lists, and values
 * on one line. It takes a fiftieth of the time of {@link parseYaml}, which reads what is undefined here, and has the
 * same values, without their places.
 */
export function parsePlainYaml(text: string): JsonValue | undefined {
  const lines = text.split('\n');
  let at = 0;
  const skip = () => {
    while (at < lines.length && /^ *(?:#.*)?$/.test(lines[at]!)) at++;
  };
  const indentOf = (line: string) => {
    let indent = 0;
    while (line.charCodeAt(indent) === 0x20) indent++;
    return indent;
  };
  const other = (): never => {
    throw OTHER_FORM;
  };

  /** The block that begins on this line, whose indent is known. */
  const block = (indent: number, depth: number): JsonValue => {
    if (depth > MAX_NESTING) other();
    return lines[at]!.startsWith('- ', indent) ? sequence(indent, depth) : mapping(indent, depth);
  };
  const nextIndent = (): number => {
    skip();
    return at < lines.length ? indentOf(lines[at]!) : -1;
  };
  const mapping = (indent: number, depth: number): JsonValue => {
    const members: JsonObject = Object.create(null);
    for (let next = nextIndent(); next === indent; next = nextIndent()) {
      const line = lines[at]!;
      if (line.startsWith('- ', indent)) return indent > 0 || depth > 0 ? members : other();
      const [, key, value] = KEY.exec(line.slice(indent).trimEnd()) ?? [];
      if (key === undefined || key in members) return other();
      at++;
      members[key] = value === undefined ? below(indent, depth) : scalar(value, indent);
    }
    return nextIndent() > indent ? other() : members;
  };
  /** What stands under a key: a deeper block, a list that is as deep as the key, or nothing. */
  const below = (indent: number, depth: number): JsonValue => {
    const next = nextIndent();
    if (next > indent) return block(next, depth + 1);
    return next === indent && lines[at]!.startsWith('- ', indent) ? sequence(indent, depth + 1) : null;
  };
  const sequence = (indent: number, depth: number): JsonValue => {
    const items: JsonValue[] = [];
    for (let next = nextIndent(); next === indent; next = nextIndent()) {
      const line = lines[at]!;
      if (!line.startsWith('- ', indent)) break;
      const rest = line.slice(indent + 2).trimEnd();
      if (rest === '' || rest.startsWith(' ') || rest.startsWith('- ')) return other();
      if (KEY.test(rest)) {
        if (depth >= MAX_NESTING) return other();
        lines[at] = `${' '.repeat(indent + 2)}${rest}`;
        items.push(mapping(indent + 2, depth + 1));
      } else {
        at++;
        items.push(scalar(rest, indent));
      }
    }
    return nextIndent() > indent ? other() : items;
  };
  const scalar = (value: string, indent: number): JsonValue => {
    // A value may go on there.
    if (nextIndent() > indent) other();
    if (INTEGER.test(value)) return BigInt(value);
    if (value === '{}') return Object.create(null);
    if (value === '[]') return [];
    const quoted = QUOTED.exec(value);
    if (quoted) return quoted[1] ?? quoted[2]!;
    const word = WORDS.get(value);
    if (word !== undefined) return word;
    const isText = (PLAIN_TEXT.test(value) && !/: |:$/.test(value)) || UUID.test(value);
    return isText ? value : other();
  };

  try {
    if (/[\t\r]/.test(text)) return undefined;
    const indent = nextIndent();
    if (indent < 0 || /^(?:---|\.\.\.|%)/.test(lines[at]!)) return undefined;
    const value = block(indent, 0);
    skip();
    return at < lines.length ? undefined : value;
  } catch (thrown) {
    if (thrown === OTHER_FORM) return undefined;
    throw thrown;
  }
}
