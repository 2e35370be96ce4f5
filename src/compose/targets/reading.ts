import { permits } from '../../action.js';
import type { Warning } from '../../policy.js';
import { dockerWarnings } from '../../profile/formats/docker/write.js';
import type { ParsedProfile } from '../../profile/model/parsed-profile.js';
import { actionOf } from '../../profile/resolve/plain-rule.js';
import { fileView, viewMessage } from './file-view.js';
import type { TargetNote, TargetReport } from './report.js';
import type { FileReader } from './target.js';

type Read = Pick<TargetReport, 'refused' | 'ignored'>;

export const GIVE_CONVERTED = 'give an engine what "scmp convert --to docker" makes of it, and never this file';

/** What an engine refuses and ignores when it reads the file. */
export function readBy(reader: FileReader, profile: ParsedProfile, text: string | undefined): Read {
  const { who, into } = reader;
  const view = fileView(text, profile);
  if (view !== 'profile') {
    const place = { path: '', ...(text === undefined ? {} : { position: { line: 1, column: 1, offset: 0 } }) };
    const finding = 'engine-reads-nothing';
    const note = { ...place, message: viewMessage(view, who), advice: GIVE_CONVERTED, finding };
    const isIgnored = view === 'nothing' || view === 'without-base';
    return isIgnored ? { refused: [], ignored: [{ ...note, isWeaker: true }] } : { refused: [note], ignored: [] };
  }
  const notes = new Notes(profile, who);
  notes.everywhere();
  if (into === 'runtime-spec') notes.asRuntimeSpec();
  if (into === 'moby') notes.asMoby();
  if (into === 'containers-common') notes.asCommon();
  if (into !== 'runtime-spec') notes.commentsAsText();
  return notes;
}

class Notes implements Read {
  readonly refused: TargetNote[] = [];
  readonly ignored: TargetNote[] = [];
  readonly #profile: ParsedProfile;
  readonly #who: string;
  readonly #isDenyList: boolean;

  constructor(profile: ParsedProfile, who: string) {
    this.#profile = profile;
    this.#who = who;
    const { defaultAction, defaultErrnoRet } = profile.seccomp;
    this.#isDenyList = permits(actionOf(defaultAction, defaultErrnoRet));
  }

  #ignore(what: string, effect: string, advice: string, isWeaker: boolean, ...path: (string | number)[]): void {
    const message = `${this.#who} ignores ${what}: ${effect}`;
    this.ignored.push({ message, advice, isWeaker, finding: 'ignored-by-target', ...this.#profile.locate(...path) });
  }

  /** Keys that no engine has. */
  everywhere(): void {
    if (this.#profile.seccomp.enosysNewerThan) {
      const effect = 'newer calls get the default action, not ENOSYS';
      this.#ignore(
        '"enosysNewerThan"',
        effect,
        'give the engine a filter that says it otherwise',
        this.#isDenyList,
        'enosysNewerThan',
      );
    }
    for (const { code, message, path = '', position, source } of this.#profile.warnings) {
      if (code === 'unknown-key')
        this.ignored.push({ message: `${message} by ${this.#who}`, advice: '', path, position, source, finding: code });
    }
  }

  /** containerd decodes into the OCI runtime spec's structure, which has none of Docker's keys. */
  asRuntimeSpec(): void {
    const { archMap, defaultErrno, syscalls } = this.#profile.seccomp;
    const convert = 'give it what "scmp convert --to oci --arch ARCH" makes of it';
    if (archMap?.length) {
      this.#ignore('"archMap"', "the filter is for the machine's own architecture alone", convert, false, 'archMap');
    }
    if (defaultErrno)
      this.#ignore('"defaultErrno"', 'the errno is "defaultErrnoRet", or EPERM', convert, false, 'defaultErrno');
    for (const [index, entry] of (syscalls ?? []).entries()) {
      const path = ['syscalls', index] as const;
      const allows = permits(actionOf(entry.action, entry.errnoRet));
      for (const key of ['includes', 'excludes'] as const) {
        const condition = entry[key];
        if (!condition?.arches?.length && !condition?.caps?.length && !condition?.minKernel) continue;
        this.#ignore(`"${key}"`, 'the entry always applies', convert, allows && !this.#isDenyList, ...path, key);
      }
      if (entry.name)
        this.#ignore(
          '"name"',
          'the entry names no call, and has no effect',
          'write "names"',
          !allows && this.#isDenyList,
          ...path,
          'name',
        );
      if (entry.errno) this.#ignore('"errno"', 'the errno is "errnoRet", or EPERM', convert, false, ...path, 'errno');
    }
  }

  /** moby has its own and the runtime spec's keys; errnos by name are Podman's. */
  asMoby(): void {
    const { defaultErrno, syscalls } = this.#profile.seccomp;
    const byNumber = 'write its number too, as "scmp convert --to docker" does';
    if (defaultErrno)
      this.#ignore('"defaultErrno"', 'the errno is "defaultErrnoRet", or EPERM', byNumber, false, 'defaultErrno');
    for (const [index, { errno }] of (syscalls ?? []).entries()) {
      if (errno)
        this.#ignore('"errno"', 'the errno is "errnoRet", or EPERM', byNumber, false, 'syscalls', index, 'errno');
    }
    for (const { message, path = '', position, source } of dockerWarnings(this.#profile)) {
      this.ignored.push({
        message,
        advice: 'see docs/runtimes.md',
        path,
        position,
        source,
        finding: 'ignored-by-target',
      } satisfies TargetNote & Partial<Warning>);
    }
  }

  /** containers/common decides by capabilities and architectures; its filter has no kernel version. */
  asCommon(): void {
    for (const [index, entry] of (this.#profile.seccomp.syscalls ?? []).entries()) {
      const allows = permits(actionOf(entry.action, entry.errnoRet));
      for (const key of ['includes', 'excludes'] as const) {
        if (!entry[key]?.minKernel) continue;
        const [effect, isWeaker] =
          key === 'includes'
            ? ['the entry applies on older kernels too', false]
            : ['the entry applies on newer kernels too', allows && !this.#isDenyList];
        this.#ignore(
          '"minKernel"',
          effect,
          'decide it with "scmp convert --to oci --arch ARCH --kernel X.Y"',
          isWeaker,
          'syscalls',
          index,
          key,
          'minKernel',
        );
      }
    }
  }

  /** A comment is a string in both structures, and Go refuses anything else there (run with Docker Engine 20.10.24). */
  commentsAsText(): void {
    for (const [index, { comment }] of (this.#profile.seccomp.syscalls ?? []).entries()) {
      if (typeof comment === 'string' || comment === undefined || comment === null) continue;
      this.refused.push({
        ...this.#profile.locate('syscalls', index, 'comment'),
        message: `${this.#who} takes a comment that is one text, and no other: given this file the container does not start`,
        advice: 'write it as one text, or give it what "scmp convert --to docker" makes of it',
        finding: 'refused-by-target',
      });
    }
  }
}
