import { policyTable } from '../../bpf/decisions/policy-table.js';
import type { CompiledFilter } from '../../compiler/index.js';
import { formatPolicy } from '../../explain/format-policy.js';
import { nameTable } from '../../explain/named-policy.js';
import type { Libseccomp } from '../../libseccomp/index.js';

/** A program in words, as `scmp explain` prints it. */
export function explainProgram(compiled: CompiledFilter, libseccomp: Libseccomp): string {
  return formatPolicy(nameTable(policyTable(compiled, { listTooComplex: true }), libseccomp), {
    first: compiled.arches[0],
  });
}
