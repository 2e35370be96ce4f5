import { DiagramStore } from '../bpf/decisions/diagram-store.js';
import { CompileError } from '../compiler/compile-error.js';
import { checkArgument, checkOptions, FUNCTION, LIBSECCOMP, TEXT } from '../options.js';
import { ProfileError } from '../profile/document/profile-error.js';
import { checkParsedProfile, type ParsedProfile } from '../profile/model/parsed-profile.js';
import { CHECK_PARTS } from './check-profile.js';
import { CHECK_OPTIONS, type CheckOptions, checkedTargets, checkId, checkTargets } from './check-targets.js';
import type { CheckReport, Finding, TextEdit } from './finding.js';
import { decidesNoMorePermissively } from './no-more-permissive.js';
import type { CheckedTarget } from './target.js';

export interface FixedProfile {
  text: string;
  /** The findings that were fixed. */
  fixed: readonly Finding[];
  /** What is left. */
  report: CheckReport;
}

/** A fix may make others possible, and one at the same place waits for the next round. */
const MAX_ROUNDS = 8;

/**
 * Fix what can be fixed in a profile's text. Every result is read again, compiled for every target and compared with
 * the program before, decision by decision. Where libseccomp mistakes the rules before, it is compared with them. A fix
 * is left out if the profile would then be more permissive anywhere, answer with another errno or other data, or lose a
 * filter.
 *
 * @param read how the text was read, to read it again
 *
 * @throws {ProfileError} when a target lacks an errno, or `extends` was not resolved
 * @throws {InvalidArgumentError} when an architecture, capability, kernel version, id or option is unknown
 * @throws {Error} when `read` throws it; a `ProfileError` about a fixed text only leaves out the fix
 *
 * @example
 * ```js
 * import { readProfile } from 'libseccomp-wasm/profile';
 * import { fixProfile } from 'libseccomp-wasm/check';
 * import { loadLibseccomp } from 'libseccomp-wasm/libseccomp';
 *
 * const entry = { names: ['ptrace'], action: 'SCMP_ACT_ERRNO' };
 * const text = JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls: [entry] });
 * const options = { targets: ['x86_64'], libseccomp: await loadLibseccomp() };
 * const { text: fixedText, fixed } = await fixProfile(text, (each) => readProfile(each), options);
 * console.log(fixed[0].id, JSON.parse(fixedText).syscalls[0].errnoRet); // errno-missing 1
 * ```
 */
export async function fixProfile(
  text: string,
  read: (text: string) => ParsedProfile | Promise<ParsedProfile>,
  options: Omit<CheckOptions, 'text'>,
): Promise<FixedProfile> {
  checkOptions('fixProfile', options, CHECK_OPTIONS);
  checkArgument('fixProfile', 'text', text, TEXT);
  checkArgument('fixProfile', 'read', read, FUNCTION);
  checkArgument('fixProfile', 'options.libseccomp', options.libseccomp, LIBSECCOMP);
  let profile = await read(text);
  checkParsedProfile('fixProfile', profile);
  for (const id of options.ignore ?? []) checkId(id);
  let targets = checkedTargets(profile, options);
  let current = text;
  const fixed: Finding[] = [];
  for (let round = 0; ; round++) {
    const report = checkTargets(profile, targets, { ...options, text: current }, CHECK_PARTS);
    const source = profile.source ?? 'profile';
    const fixable = report.findings.filter((finding) => finding.fix && finding.source === source);
    const attempt = async (findings: readonly Finding[]) => {
      const applied = applyFixes(current, findings);
      if (applied.fixed.length === 0) return undefined;
      const fixedProfile = await tryToRead(read, applied.text);
      if (fixedProfile === undefined) return undefined;
      const after = checkedTargets(fixedProfile, options);
      return areNoMorePermissive(after, targets) ? { ...applied, profile: fixedProfile, targets: after } : undefined;
    };
    let done = round < MAX_ROUNDS ? await attempt(fixable) : undefined;
    // One bad fix must not prevent the others.
    for (let at = 0; !done && round < MAX_ROUNDS && fixable.length > 1 && at < fixable.length; at++) {
      done = await attempt([fixable[at] as Finding]);
    }
    if (!done) return { text: current, fixed, report };
    ({ text: current, profile, targets } = done);
    fixed.push(...done.fixed);
  }
}

async function tryToRead(
  read: (text: string) => ParsedProfile | Promise<ParsedProfile>,
  text: string,
): Promise<ParsedProfile | undefined> {
  try {
    return await read(text);
  } catch (error) {
    if (error instanceof ProfileError) return undefined;
    throw error;
  }
}

function areNoMorePermissive(after: readonly CheckedTarget[], before: readonly CheckedTarget[]): boolean {
  return after.every((fixed, index) => {
    const earlier = before[index];
    if (earlier === undefined) return false;
    const isLost = fixed.filter instanceof CompileError && !(earlier.filter instanceof CompileError);
    if (isLost) return false;
    const store = new DiagramStore();
    const theirs = earlier.decisions(store);
    // Without a filter before there is nothing that a fix could open.
    if (theirs === undefined) return true;
    const mine = fixed.decisions(store);
    return mine !== undefined && decidesNoMorePermissively(store, mine, theirs);
  });
}

/**
 * Apply the fixes of findings to the text that they were found in. Of fixes that overlap the first is applied; check
 * the result again for the others.
 */
function applyFixes(text: string, findings: readonly Finding[]): Pick<FixedProfile, 'text' | 'fixed'> {
  const bom = text.startsWith('\uFEFF') ? 1 : 0;
  const edits: TextEdit[] = [];
  const fixed: Finding[] = [];
  for (const finding of findings) {
    const { fix } = finding;
    if (!fix?.length || fix.some((edit) => edits.some((made) => touches(edit, made)))) continue;
    edits.push(...fix);
    fixed.push(finding);
  }
  edits.sort((a, b) => b.offset - a.offset);
  let fixedText = text;
  for (const { offset, length, text: replacement } of edits) {
    const at = offset + bom;
    fixedText = fixedText.slice(0, at) + replacement + fixedText.slice(at + length);
  }
  return { text: fixedText, fixed };
}

function touches(a: TextEdit, b: TextEdit): boolean {
  return a.offset <= b.offset + b.length && b.offset <= a.offset + a.length;
}
