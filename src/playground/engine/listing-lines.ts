import { parseArchitecture } from '../../architecture.js';
import { disassemble } from '../../bpf/assembly/disassemble.js';
import type { Simulator } from '../../bpf/execution/simulate.js';
import { Opcode } from '../../bpf/program/instruction.js';
import type { CompiledFilter } from '../../compiler/compile-policy.js';
import { type Libseccomp, syscallNaming } from '../../libseccomp/index.js';
import { type EntryPlace, entriesByCall } from './entry-places.js';
import { instructionOwners } from './instruction-owners.js';
import { actionLabel, listedSyscalls } from './policy-map.js';
import type { ListingLine } from './protocol.js';

interface ListedProgram {
  /** The entries of the profile that it was compiled from. */
  entries: readonly EntryPlace[];
  simulate: Simulator['simulate'];
  libseccomp: Libseccomp;
}

/** The instructions of a program, each with the calls and entries that it is there for. */
export function listingLines(
  compiled: CompiledFilter,
  { entries, simulate, libseccomp }: ListedProgram,
): readonly ListingLine[] {
  const [target] = compiled.arches;
  const named = entriesByCall(entries);
  const calls = compiled.arches.flatMap((name) => {
    const architecture = parseArchitecture(name);
    const { auditArch } = architecture;
    return listedSyscalls(libseccomp, architecture)
      .filter((call) => named.has(call.name))
      .map((call) => ({ ...call, auditArch }));
  });
  const disassembled = disassemble(compiled, syscallNaming(libseccomp));
  const owners = instructionOwners(disassembled, simulate, calls);
  return disassembled.map(
    ({ text, comment, successors, architectures, reachable, instruction: { code, k } }, index) => {
      const names = [...new Set(owners[index]?.map((call) => (calls[call] as (typeof calls)[number]).name))];
      return {
        text,
        comment,
        successors,
        architectures,
        reachable,
        action: code === Opcode.RET_K ? actionLabel(k, target) : undefined,
        calls: names,
        entries: [...new Set(names.flatMap((name) => named.get(name) ?? []))],
      };
    },
  );
}
