import { describe, expect, it } from 'vitest';
import { type ArchitectureName, parseArchitecture } from '../../../src/architecture.js';
import { actionTerminal, buildDecisionDiagram } from '../../../src/bpf/decisions/decision-diagram.js';
import type { DiagramStore, Node } from '../../../src/bpf/decisions/diagram-store.js';
import { bitOf, Level } from '../../../src/bpf/decisions/input-variables.js';
import { decodeProgram, Opcode, X32_SYSCALL_BIT } from '../../../src/bpf/index.js';
import { callWeights } from '../../../src/bpf/minimize/index.js';
import { minimize } from '../../../src/bpf/minimize/minimize.js';
import { compileProfileSync } from '../../../src/compiler/index.js';
import { builtinProfile } from '../../../src/profile/builtin/index.js';
import { BUILTIN_NAMES } from '../../../src/profile/builtin/names.js';
import type { ParsedProfile } from '../../../src/profile/index.js';
import { packagedProfile } from '../../profile/packaged-profiles.js';
import { ALLOW, AUDIT_ARCH_X86_64, EPERM, op, seccompData } from '../programs.js';
import { isCached } from './action-cache.js';

const PROFILES: readonly [string, Uint8Array | ParsedProfile][] = [
  ['Podman’s default', packagedProfile('podman')],
  ['Moby’s default', packagedProfile('moby')],
  ...BUILTIN_NAMES.map((name) => [name, builtinProfile(name)!] as [string, ParsedProfile]),
];
const TARGETS: readonly ArchitectureName[] = ['x86_64', 'aarch64', 's390x', 'mips64', 'riscv64', 'ppc64le'];

/** What is decided of a call: a terminal where that is the same whatever its arguments. */
function decisionOf(store: DiagramStore, root: Node, arch: number, nr: number): Node {
  let node = root;
  while (store.level(node) < Level.ARGUMENTS) {
    node = bitOf(seccompData({ arch, nr }), store.level(node)) ? store.high(node) : store.low(node);
  }
  return node;
}

describe('what the kernel’s cache of actions knows', () => {
  it('is what its rule says: numbers, architectures, comparisons, masks, and nothing of arguments or X', () => {
    const returns = [op(Opcode.RET_K, ALLOW), op(Opcode.RET_K, EPERM)];
    const cached = (nr: number, ...body: ReturnType<typeof op>[]) => {
      return isCached([...body, ...returns], AUDIT_ARCH_X86_64, nr);
    };
    const number = op(Opcode.LD_ABS, 0);
    expect(cached(5, number, op(Opcode.JEQ_K, 5, 0, 1))).toBe(true);
    expect(cached(6, number, op(Opcode.JEQ_K, 5, 0, 1))).toBe(false);
    expect(cached(5, number, op(Opcode.AND_K, 4), op(Opcode.JEQ_K, 4, 0, 1))).toBe(true);
    expect(cached(5, op(Opcode.LD_ABS, 4), op(Opcode.JGE_K, AUDIT_ARCH_X86_64, 0, 1))).toBe(true);
    expect(cached(5, number, op(Opcode.TAX))).toBe(false);
    expect(cached(5, number, op(Opcode.RSH_K, 1))).toBe(false);
    expect(cached(5, op(Opcode.LD_ABS, 16))).toBe(false);
    expect(cached(5, op(Opcode.RET_K, ALLOW | 1))).toBe(false);
  });

  // The kernel's tables end before 512, and x32 has no part in it: its numbers are beyond them.
  it.each(PROFILES)('is, of the minimised %s, every call that is allowed whatever its arguments', (_, profile) => {
    for (const arch of TARGETS) {
      const { program, arches } = compileProfileSync(profile, { arch });
      const { endianness } = parseArchitecture(arch);
      const decisions = buildDecisionDiagram({ program, arches });
      const made = decodeProgram(minimize(decisions, { endianness }).program, endianness);
      const { store, root } = decisions;
      const allow = actionTerminal(store, { kind: 'ALLOW' });
      const auditArches = [...new Set(arches.map((name) => parseArchitecture(name).auditArch))];
      const weights = callWeights(auditArches);
      let allowed = 0;
      const lost: string[] = [];
      for (const auditArch of auditArches) {
        for (const nr of [...weights.numbers(auditArch), 400, 1000]) {
          if (nr >= X32_SYSCALL_BIT) continue;
          const isAllowed = decisionOf(store, root, auditArch, nr) === allow;
          if (isAllowed) allowed++;
          if (isCached(made, auditArch, nr) !== isAllowed) lost.push(`${arch} ${auditArch.toString(16)} ${nr}`);
        }
      }
      expect(lost).toEqual([]);
      expect(allowed).toBeGreaterThan(20);
    }
  });
});
