import { expect, it } from 'vitest';
import { assemble, compareDecisions, policyTable } from '../../src/bpf/index.js';
import { formatComparison } from '../../src/explain/format-comparison.js';
import { formatPolicy } from '../../src/explain/format-policy.js';
import { nameComparison } from '../../src/explain/name-comparison.js';
import { nameTable } from '../../src/explain/named-policy.js';
import { PLAIN } from '../../src/explain/paint.js';
import { selectPolicy } from '../../src/explain/select-answers.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';

// What a program does on architectures that libseccomp has no table for.

const ALPHA = `.endian little
A = arch
if (A == 0xc0009026) goto alpha
if (A == 7) goto log
return KILL_PROCESS
alpha: A = nr
if (A == 5) goto log
return ALLOW
log: return LOG
`;

const policy = nameTable(policyTable(assemble(ALPHA)), loadLibseccompSync());

it('lists them, by the name that the kernel has for one, before all others', () => {
  expect(formatPolicy(policy)).toBe(`architecture 0x7
  every call: LOG

architecture 0xc0009026 (alpha)
  numbers 0 to 4: ALLOW
  number 5: LOG
  numbers from 6: ALLOW

any other architecture
  every call: KILL_PROCESS
`);
});

it('leaves out what is not asked for', () => {
  const allowed = selectPolicy(
    policy,
    { abis: undefined, calls: undefined, isAction: ({ kind }) => kind === 'ALLOW' },
    undefined,
  );
  expect(formatPolicy(allowed)).toBe(`architecture 0xc0009026 (alpha)
  numbers 0 to 4: ALLOW
  numbers from 6: ALLOW
`);
});

it('are named where two programs differ on them, apart from all others', () => {
  const libseccomp = loadLibseccompSync();
  const compared = (other: string) => {
    const differences = nameComparison(compareDecisions(assemble(ALPHA), assemble(other)), libseccomp);
    return formatComparison(differences, { first: 'x86_64', width: 100, paint: PLAIN, libseccomp });
  };
  expect(compared(ALPHA.replace('nr\nif (A == 5)', 'nr\nif (A == 6)'))).toBe(`on architecture 0xc0009026 (alpha):
  weaker    the nameless 5: LOG → ALLOW
  stronger  the nameless 6: ALLOW → LOG
`);
  expect(compared('.endian little\nA = arch\nif (A == 7) goto log\nreturn ERRNO(EPERM)\nlog: return LOG\n')).toContain(
    'on any other architecture (0-6, 8-0x',
  );
});
