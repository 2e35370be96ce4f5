import type { Problem } from '../rule.js';
import type { Target } from '../target.js';

/** A compiler's warning that is a finding as it stands. */
export function* lifted({ warnings }: Target, code: string, advice: string): Generator<Problem> {
  for (const { message, path = '', position, source } of warnings.filter((warning) => warning.code === code)) {
    yield { place: { path, position, source }, message, advice };
  }
}
