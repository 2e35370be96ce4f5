import type { ActionName } from '../../../action.js';
import type { SourceText } from '../../document/source-text.js';
import type { TextPlace } from '../call-entries.js';

/** Of a policy with all that it includes: the same file may be included from many. */
export const MAX_STATEMENTS = 20_000;
export const MAX_GROUP_DEPTH = 64;

export type PolicyPlace = TextPlace;

export interface PolicyWord extends PolicyPlace {
  readonly word: string;
}

/** Constants joined by `|`, as they are written. */
export type PolicyValue = readonly PolicyTerm[];

export type PolicyTerm =
  | ({ readonly kind: 'name' | 'number'; readonly isComplement: boolean } & PolicyWord)
  | ({ readonly kind: 'group'; readonly isComplement: boolean; readonly value: PolicyValue } & PolicyPlace);

export type PolicyOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | '&' | 'in';

export interface PolicyAtom extends PolicyPlace {
  /** 0..5 */
  readonly index: number;
  readonly op: PolicyOperator;
  readonly value: PolicyValue;
}

/** Lists of comparisons, of which one must hold as a whole. */
export type PolicyExpression = readonly (readonly PolicyAtom[])[];

export interface PolicyAction extends PolicyPlace {
  readonly action: ActionName;
  /** Of ERRNO. */
  readonly errno?: PolicyValue | undefined;
}

export interface PolicyFilter {
  /** Without one the action is for all arguments. */
  readonly expression: PolicyExpression | undefined;
  readonly action: PolicyAction;
  /** The action was not written: it is what the language adds. */
  readonly isImplied?: true;
}

export interface PolicyCall extends PolicyWord {
  /** Architectures by minijail's names, where the call is for those alone. */
  readonly architectures: readonly string[] | undefined;
}

export interface PolicyStatement {
  readonly calls: readonly PolicyCall[];
  readonly filters: readonly PolicyFilter[];
  readonly comment: string | undefined;
}

/** Two readings of one form, which the two compilers have. */
export interface TwoMeanings extends PolicyPlace {
  readonly call: string;
  /** What follows `;`, as it is written. */
  readonly action: string;
}

export interface ParsedPolicy {
  readonly statements: readonly PolicyStatement[];
  readonly defaultAction: PolicyAction | undefined;
  readonly isDenyList: boolean;
  readonly twoMeanings: readonly TwoMeanings[];
  /** Files with frequencies, which change no decision, that were not found. */
  readonly missing: readonly PolicyWord[];
  /** Of each text that was included, the statement that did it: a file that is included twice is two texts. */
  readonly inclusions: ReadonlyMap<SourceText, PolicyPlace>;
}
