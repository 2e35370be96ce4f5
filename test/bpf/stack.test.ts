import { describe, expect, it } from 'vitest';
import {
  type AssembledProgram,
  assemble,
  buildDecisionDiagram,
  DiagramStore,
  decide,
  type SeccompData,
  stackDecisions,
} from '../../src/bpf/index.js';
import { stackProgram } from '../../src/bpf/minimize/stack-program.js';

const X86_64 = 0xc000003e;
const call = (nr: number): SeccompData => ({
  arch: X86_64,
  nr,
  instructionPointer: 0n,
  args: [0n, 0n, 0n, 0n, 0n, 0n],
});
const answering = (action: string, number = 101): AssembledProgram =>
  assemble(`.arch x86_64\nA = nr\nif (A == ${number}) goto it\nreturn ALLOW\nit: return ${action}`);

/** seccomp(2): in decreasing order of precedence. */
const ORDER = ['KILL_PROCESS', 'KILL_THREAD', 'TRAP', 'ERRNO(EPERM)', 'NOTIFY', 'TRACE(7)', 'LOG', 'ALLOW'];

describe('stackDecisions', () => {
  it('takes the strictest answer, whichever filter gives it', () => {
    for (const [rank, strict] of ORDER.entries()) {
      for (const lax of ORDER.slice(rank + 1)) {
        for (const programs of [
          [answering(strict), answering(lax)],
          [answering(lax), answering(strict)],
        ]) {
          expect(decide(stackDecisions(programs), call(101)).kind).toBe(strict.replace(/\(.*/, ''));
          expect(decide(stackDecisions(programs), call(0)).kind).toBe('ALLOW');
        }
      }
    }
  });

  it('of two errnos takes that of the filter installed last', () => {
    const programs = [answering('ERRNO(EACCES)'), answering('ERRNO(EPERM)'), answering('LOG')];
    expect(decide(stackDecisions(programs), call(101))).toEqual({ kind: 'ERRNO', data: 1 });
    expect(decide(stackDecisions(programs.reverse()), call(101))).toEqual({ kind: 'ERRNO', data: 13 });
  });

  it('of one filter is that filter', () => {
    const store = new DiagramStore();
    const program = answering('TRAP');
    expect(stackDecisions([program], { store }).root).toBe(buildDecisionDiagram(program, { store }).root);
  });

  it('takes one filter at least', () => {
    expect(() => stackDecisions([])).toThrow('a stack has one filter at least');
  });
});

describe('stackProgram', () => {
  it('decides as all of them together', () => {
    const programs = [answering('ERRNO(EPERM)'), answering('KILL_PROCESS', 5), answering('LOG', 101)];
    const store = new DiagramStore();
    const { root } = buildDecisionDiagram(stackProgram(programs, [X86_64]), { store });
    expect(root).toBe(stackDecisions(programs, { store }).root);
  });
});
