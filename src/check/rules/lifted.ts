import type { RuleFinding } from '../rule.js';
import type { CheckedTarget } from '../target.js';

/** A compiler's warning that is a finding as it stands. */
export function* lifted({ warnings }: CheckedTarget, code: string, advice: string): Generator<RuleFinding> {
  for (const { message, path = '', position, source } of warnings.filter((warning) => warning.code === code)) {
    yield { place: { path, position, source }, message, advice };
  }
}
