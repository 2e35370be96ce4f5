import { Document, isMap, isSeq, parseDocument, type YAMLMap } from 'yaml';
import { InvalidArgumentError } from '../../errors.js';
import { checkArgument, checkOptions, LIST, OBJECT, TEXT } from '../../options.js';
import { writeProfile } from '../../profile/formats/write-profile.js';
import { escapeControls } from '../../text.js';
import { compareText } from './conditions.js';
import type { MergedRecordings } from './merge-recordings.js';

export interface ObjectsOptions {
  /** The `metadata.name`, of one. Default: the recording's and the container's, as the operator has it, where there is one. */
  name?: string | undefined;
  /** Bind the profile to containers of this image; `*`: to all. Default: a binding to each image of the recordings, of up to 20. */
  image?: string | undefined;
  /** Of the pods that the binding is for. Default: the one that is current for kubectl(1). */
  namespace?: string | undefined;
}

/** The version of ProfileBinding that operators with SeccompProfile v1beta1 have. */
const BINDING_VERSION = 'security-profiles-operator.x-k8s.io/v1alpha1';
/** Of the operator's own merge (internal/pkg/manager/recordingmerger/coverage.go): how many recordings have each call. */
const COVERAGE = 'spo.x-k8s.io/syscall-coverage';
const RECORDING = 'spo.x-k8s.io/recording-id';

/**
 * Merged recordings as YAML for the Security Profiles Operator: a SeccompProfile, and a ProfileBinding for each image that is
 * known; of `mergeByContainer` those of each container. Who made the calls stands in comments, and in the annotation that the operator's own merge writes.
 *
 * @throws {ProfileError} when a SeccompProfile cannot say something, as a value past 2^63-1
 * @throws {InvalidArgumentError} when there is no such option
 *
 * @example
 * ```js
 * import { mergeRecordings, Recordings, writeObjects } from 'libseccomp-wasm/compose';
 *
 * const recordings = new Recordings();
 * recordings.addCall({ name: 'read', architecture: 'x86_64', args: [] }, { source: 'a.log' });
 * const text = writeObjects(mergeRecordings(recordings), { name: 'web', image: 'nginx' });
 * console.log(text.match(/^kind: .*$/gm)); // [ 'kind: SeccompProfile', 'kind: ProfileBinding' ]
 * ```
 */
export function writeObjects(
  merged: MergedRecordings | readonly MergedRecordings[],
  options: ObjectsOptions = {},
): string {
  checkArgument('writeObjects', 'merged', merged, OBJECT, LIST);
  checkOptions('writeObjects', options, { name: [TEXT], image: [TEXT], namespace: [TEXT] });
  const all: readonly MergedRecordings[] = Array.isArray(merged) ? merged : [merged];
  if (all.length > 1 && (options.name !== undefined || options.image !== undefined)) {
    throw new InvalidArgumentError('writeObjects: name and image are of one profile, and here are several');
  }
  const names = new Set<string>();
  return all
    .flatMap((each) => {
      const { text, name } = profileObject(each, uniqueName(options.name ?? nameOf(each), names));
      return [text, ...bindingsOf(each, name, options)];
    })
    .join('---\n');
}

/** A number behind names that another object has. */
function uniqueName(name: string, taken: Set<string>): string {
  let unique = name;
  for (let number = 2; taken.has(unique); number++) unique = `${name}-${number}`;
  taken.add(unique);
  return unique;
}

function profileObject(merged: MergedRecordings, asked: string): { text: string; name: string } {
  const { profile, profileRecordings } = merged;
  const document = parseDocument(writeProfile(profile, 'spo', { name: asked }), { intAsBigInt: true });
  const name = document.getIn(['metadata', 'name']) as string;
  const metadata = document.get('metadata') as YAMLMap;
  if (profileRecordings.count === 1)
    metadata.set('labels', document.createNode({ [RECORDING]: profileRecordings.names[0] }));
  metadata.set('annotations', document.createNode({ [COVERAGE]: coverageOf(merged) }));
  const entries = document.getIn(['spec', 'syscalls']);
  profile.seccomp.syscalls?.forEach(({ comment }, index) => {
    const entry = isSeq(entries) ? entries.items[index] : undefined;
    if (isMap(entry) && typeof comment === 'string') entry.commentBefore = escapeControls(comment.replace(/^/gm, ' '));
  });
  return { text: escapeControls(document.toString({ lineWidth: 0 })), name };
}

/** One for each image: a binding has one. None where not all images are known by name. */
function bindingsOf({ fleet }: MergedRecordings, name: string, { image, namespace }: ObjectsOptions): string[] {
  const { count, names } = fleet.images;
  const images = image === undefined ? (count === names.length ? names : []) : [image];
  return images.map((each, index) => {
    const own = index === 0 ? name : `${name}-${index + 1}`;
    const binding = new Document({
      apiVersion: BINDING_VERSION,
      kind: 'ProfileBinding',
      metadata: { name: own, ...(namespace === undefined ? {} : { namespace }) },
      spec: { profileRef: { kind: 'SeccompProfile', name }, image: each },
    });
    return escapeControls(binding.toString({ lineWidth: 0 }));
  });
}

/** `RECORDING-CONTAINER`, as the operator calls what it merges. */
function nameOf({ profileRecordings, fleet }: MergedRecordings): string {
  const [recording, container] = [profileRecordings, fleet.containers].map(({ count, names }) =>
    count === 1 ? names[0] : undefined,
  );
  const said = [recording, container].filter((word) => word !== undefined);
  return said.length > 0 ? said.join('-') : 'merged';
}

function coverageOf({ taken, fleet }: MergedRecordings): string {
  const syscalls = new Map<string, number>();
  for (const { name, recordings } of taken) syscalls.set(name, Math.max(syscalls.get(name) ?? 0, recordings));
  const sorted = [...syscalls].sort(([a], [b]) => compareText(a, b));
  return JSON.stringify({ version: 'v1', total: fleet.recordings, syscalls: Object.fromEntries(sorted) });
}
