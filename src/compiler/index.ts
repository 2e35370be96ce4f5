export {
  type CompiledFilter,
  type CompileOptions,
  compilePolicy,
  compileProfile,
  compileProfileSync,
  type ProfileInput,
} from './compile.js';
export { CompileError } from './compile-error.js';
export { applyOperation, type FilterOperation } from './filter-operation.js';
export { type Plan, type PlanOptions, planFilter } from './plan.js';
