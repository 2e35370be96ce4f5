import { permits } from '../../action.js';
import type { RuntimeName } from '../../compiler/runtime.js';
import { list } from '../../phrases.js';
import type { ProfileIssue } from '../../profile/document/profile-error.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import type { OciSeccomp } from '../../profile/model/schema.js';
import { actionOf } from '../../profile/resolve/plain-rule.js';
import { artifactRefusals, layerRefusals } from '../artifact/refusals.js';
import { madeBy, type ReportedFor, unlike } from './adding.js';
import { readBy } from './reading.js';
import type { TargetNote, TargetReport } from './report.js';
import { TARGET_MODELS, type TargetName } from './target.js';

/** What a report is about, beyond the profile. */
export interface ReportOptions extends ReportedFor {
  readonly target: TargetName;
  /** The file's text, as it is given to the target; undefined of a built-in. */
  readonly text?: string | undefined;
  /** Default: the one that the target has by default. */
  readonly runtime?: RuntimeName | undefined;
}

/** What a target does with a profile: what it refuses, ignores and adds, and whose behaviour that is. */
export function targetReport(profile: ParsedProfile, options: ReportOptions): TargetReport {
  const { target, text } = options;
  const { title, software, readers, runtimes } = TARGET_MODELS[target];
  const head = { target, title, software };
  if (target === 'artifact') return { ...head, ...asArtifact(profile, text) };
  if (target === 'systemd') return { ...head, ...asUnit(profile) };
  const read = readers.map((reader) => readBy(reader, profile, text));
  // Where nothing of the file is left, no runtime gets it.
  const isRead = read.every(({ refused, ignored }) => ![...refused, ...ignored].some(isAboutFile));
  const chosen = options.runtime === undefined ? runtimes : [options.runtime];
  const made = isRead ? chosen.map((runtime) => madeBy(runtime, profile, options)) : [];
  const refused = [...read, ...made].flatMap((each) => each.refused);
  return {
    ...head,
    refused: unlike(refused),
    ignored: unlike([...read, ...made].flatMap((each) => each.ignored)),
    added: unlike(made.flatMap((each) => each.added)),
  };
}

const isAboutFile = ({ finding }: TargetNote): boolean => finding === 'engine-reads-nothing';

function asArtifact(
  profile: ParsedProfile,
  text: string | undefined,
): Pick<TargetReport, 'refused' | 'ignored' | 'added'> {
  const note = ({ message, hint = '', path, position, source }: ProfileIssue): TargetNote => ({
    message,
    advice: hint,
    path,
    position,
    source,
    finding: 'refused-by-target',
  });
  const layer = text === undefined ? [] : layerRefusals(text, profile.source);
  // Docker's shape is the same but for keys that were refused above.
  const entries = (profile.seccomp.syscalls ?? []).map((entry) => ({
    ...entry,
    names: entry.name ? [entry.name] : (entry.names ?? []),
  }));
  const section = { ...profile.seccomp, syscalls: entries } as OciSeccomp;
  const refused = [...layer, ...artifactRefusals(section, profile.locate)].map(note);
  const message =
    "the runtime intersects it with the node's own baseline, and with the pod's base profile where there is one: what either denies stays denied";
  return { refused, ignored: [], added: [{ message, advice: '', path: '', finding: 'added-by-target' }] };
}

function asUnit(profile: ParsedProfile): Pick<TargetReport, 'refused' | 'ignored' | 'added'> {
  if (profile.format !== 'systemd') {
    const message = 'systemd reads units, and this is none: it has no setting that takes the file';
    const advice = 'write its calls into SystemCallFilter= of a unit';
    return { refused: [{ message, advice, path: '', finding: 'refused-by-target' }], ignored: [], added: [] };
  }
  const { defaultAction, defaultErrnoRet, syscalls } = profile.seccomp;
  const implied = [...new Set((syscalls ?? []).flatMap(({ impliedBy }) => impliedBy ?? []))];
  const texts = [
    ...(permits(actionOf(defaultAction, defaultErrnoRet))
      ? []
      : ['systemd allows its group @default beside what the list names']),
    ...(implied.length > 0 ? [`systemd denies calls for ${list(implied, 12)}, each with a filter of its own`] : []),
    'systemd sets NoNewPrivileges= where the unit has no CAP_SYS_ADMIN, as for User= (systemd.exec(5))',
  ];
  return {
    refused: [],
    ignored: [],
    added: texts.map((message) => ({ message, advice: '', path: '', finding: 'added-by-target' })),
  };
}
