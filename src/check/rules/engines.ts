import { fileView, viewMessage } from '../../compose/targets/file-view.js';
import { GIVE_CONVERTED } from '../../compose/targets/reading.js';
import type { TargetNote } from '../../compose/targets/report.js';
import type { CheckRule, RuleFinding } from '../rule.js';

const engineReadsNothing: CheckRule = {
  id: 'engine-reads-nothing',
  severity: 'advice',
  summary: 'A file in which Docker and Podman find no profile: the container starts without a filter.',
  *checkText({ profile, report, raw }) {
    if (report) {
      for (const note of notes(report.refused, report.ignored)) {
        if (note.finding === 'engine-reads-nothing') yield { ...found(note), severity: 'error' };
      }
      return;
    }
    // What an engine refuses with an error matters only where the file is for that engine.
    const view = fileView(raw, profile);
    if (view !== 'nothing') return;
    yield {
      place: { path: '', position: raw === undefined ? undefined : { line: 1, column: 1, offset: 0 } },
      message: viewMessage(view, 'Docker and Podman'),
      advice: GIVE_CONVERTED,
    };
  },
};

const refusedByTarget: CheckRule = {
  id: 'refused-by-target',
  severity: 'error',
  summary: 'What the target of `--target` refuses: nothing starts with the profile.',
  *checkText({ report }) {
    yield* findings(report?.refused, 'refused-by-target');
  },
};

const ignoredByTarget: CheckRule = {
  id: 'ignored-by-target',
  severity: 'warning',
  summary: 'What the target of `--target` ignores: the filter is another one than the profile says.',
  *checkText({ report }) {
    yield* findings(report?.ignored, 'ignored-by-target');
  },
};

const addedByTarget: CheckRule = {
  id: 'added-by-target',
  severity: 'advice',
  summary: 'What the target of `--target` does that the profile does not say.',
  *checkText({ report }) {
    yield* findings(report?.added, 'added-by-target');
  },
};

function* findings(all: readonly TargetNote[] | undefined, id: string): Generator<RuleFinding> {
  for (const note of all ?? []) {
    if (note.finding === id) yield { ...found(note), ...(note.isWeaker ? { severity: 'error' as const } : {}) };
  }
}

const notes = (...lists: (readonly TargetNote[])[]): TargetNote[] => lists.flat();

function found({ message, advice, path, position, source }: TargetNote): RuleFinding {
  return {
    place: { path, position, source },
    message,
    advice: advice === '' ? 'nothing, where that is what is wanted' : advice,
  };
}

export const ENGINE_RULES: readonly CheckRule[] = [engineReadsNothing, refusedByTarget, ignoredByTarget, addedByTarget];
