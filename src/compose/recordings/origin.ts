import { isJsonObject, type JsonValue } from '../../profile/document/json-value.js';

/** Where a recording is from, as far as it is known. */
export interface RecordingOrigin {
  /** What it is called in messages: a file, an object in it. */
  readonly source: string;
  /** The same of two copies of one recording, which counts once. */
  readonly uid?: string | undefined;
  readonly node?: string | undefined;
  readonly namespace?: string | undefined;
  /** The pod; of the operator's partial profiles their name, which ends in the pod's suffix. */
  readonly pod?: string | undefined;
  readonly container?: string | undefined;
  readonly image?: string | undefined;
  /** The operator's ProfileRecording. */
  readonly recording?: string | undefined;
  /** When it was made, in milliseconds since 1970. */
  readonly time?: number | undefined;
}

/** What paths, labels and lines can say of an origin. */
export const ORIGIN_WORDS = ['node', 'namespace', 'pod', 'container', 'image', 'recording'] as const;
export type OriginWord = (typeof ORIGIN_WORDS)[number];
export type OriginWords = { readonly [Word in OriginWord]?: string | undefined } & {
  readonly time?: number | undefined;
};

/**
 * Labels and annotations by what they say. Some are of the Security Profiles Operator's recorder
 * (api/profilerecording/v1), one is Kubernetes' own. For those who label recordings themselves there are the resource
 * attributes of OpenTelemetry's semantic conventions.
 */
const KEYS: Readonly<Record<OriginWord, readonly string[]>> = {
  node: ['kubernetes.io/hostname', 'k8s.node.name'],
  namespace: ['spo.x-k8s.io/recording-namespace', 'k8s.namespace.name'],
  pod: ['k8s.pod.name'],
  container: ['spo.x-k8s.io/container-id', 'k8s.container.name'],
  image: ['container.image.name'],
  recording: ['spo.x-k8s.io/recording-id'],
};

/** What a Kubernetes object's metadata says. */
export function originOfObject(object: JsonValue | undefined): OriginWords & { uid?: string | undefined } {
  const metadata = isJsonObject(object) ? object.metadata : undefined;
  if (!isJsonObject(metadata)) return {};
  const text = (value: JsonValue | undefined) => (typeof value === 'string' && value !== '' ? value : undefined);
  const { labels, annotations, managedFields } = metadata;
  const said = Object.fromEntries(
    ORIGIN_WORDS.flatMap((word): [OriginWord, string][] => {
      const found = KEYS[word].flatMap((key) =>
        [annotations, labels].flatMap((map) => text(isJsonObject(map) ? map[key] : undefined) ?? []),
      );
      return found[0] === undefined ? [] : [[word, found[0]]];
    }),
  ) as OriginWords;
  const updates = Array.isArray(managedFields)
    ? managedFields.map((each) => (isJsonObject(each) ? each.time : null))
    : [];
  const times = [metadata.creationTimestamp, ...updates].flatMap((each) => timeOfText(text(each)) ?? []);
  const name = text(metadata.name);
  return {
    ...said,
    namespace: said.namespace ?? text(metadata.namespace),
    pod: said.pod ?? (said.recording === undefined ? undefined : name),
    uid: text(metadata.uid),
    time: times.length > 0 ? Math.max(...times) : undefined,
  };
}

/** `default/web/nginx`, with which `gadget advise` names the container of the JSON behind it. */
export function originOfComment(comment: string | undefined): OriginWords {
  const [, namespace, pod, container] = /^([\w.-]+)\/([\w.-]+)\/([\w.-]+)$/m.exec(comment ?? '') ?? [];
  return { namespace, pod, container };
}

/**
 * What a path says. With a layout that, of the last folders and the file's name: `{node}/{pod}.*`. Without one the first
 * folder under the one that was given is the node. Folders such as `node=worker-1` say so anywhere.
 */
export function originOfPath(path: string, root: string | undefined, layout: RegExp | undefined): OriginWords {
  const parts = path.split(/[\\/]/);
  const said: { [Word in OriginWord]?: string } & { time?: number } = {};
  if (layout) {
    const groups = layout.exec(path)?.groups ?? {};
    for (const word of ORIGIN_WORDS) if (groups[word]) said[word] = groups[word];
    const time = timeOfText(groups.date);
    if (time !== undefined) said.time = time;
  } else if (root !== undefined) {
    const under = path.slice(root.length).split(/[\\/]/).filter(Boolean);
    if (under.length > 1 && !under[0]!.includes('=')) said.node = under[0]!;
  }
  for (const part of parts) {
    const [, word, value] = /^(\w+)=(.+)$/.exec(part) ?? [];
    if (word === 'date') said.time = timeOfText(value) ?? said.time!;
    else if (ORIGIN_WORDS.some((each) => each === word)) said[word as OriginWord] = value!;
  }
  return said;
}

/** A layout as a regular expression; undefined where it names nothing, or something else than there is. */
export function parseLayout(text: string): RegExp | undefined {
  const words = [...text.matchAll(/\{(\w*)\}/g)].map(([, word]) => word!);
  const known: readonly string[] = [...ORIGIN_WORDS, 'date'];
  if (words.length === 0 || new Set(words).size < words.length || !words.every((word) => known.includes(word))) {
    return undefined;
  }
  const source = text
    .split(/(\{\w+\}|\*)/)
    .map((part) => {
      if (part === '*') return '[^/\\\\]*';
      const word = /^\{(\w+)\}$/.exec(part)?.[1];
      return word === undefined ? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : `(?<${word}>[^/\\\\]+?)`;
    })
    .join('');
  return new RegExp(`(?:^|[/\\\\])${source}$`);
}

/** RFC 3339, or a day; seconds since 1970 as logs have them. In milliseconds; undefined of a time of day. */
export function timeOfText(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{9,11}(?:\.\d{1,9})?$/.test(text)) return Math.floor(Number(text) * 1000);
  if (!/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d))?$/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** `2026-11-30T10:00:00Z`; a day alone where nothing finer is known. */
export function textOfTime(time: number): string {
  const text = new Date(time).toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : `${text.slice(0, 19)}Z`;
}
