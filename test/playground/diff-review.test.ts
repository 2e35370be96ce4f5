import { expect, it } from 'vitest';
import { Engine } from '../../src/playground/engine/engine.js';
import { DEFAULT_SETTINGS as settings } from '../../src/playground/settings/settings.js';
import { countOf, reviewed } from '../../src/playground/views/diff-review.js';

const allow = (...names: string[]) => ({
  text: JSON.stringify({
    defaultAction: 'SCMP_ACT_ERRNO',
    architectures: ['SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
    syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }],
  }),
  source: 'p',
});

it('lists what became weaker first, and once what is alike on several architectures', async () => {
  const answer = await new Engine().answer('compare', {
    before: allow('read', 'close'),
    after: allow('read', 'bpf'),
    settings,
  });
  const differences = answer.kind === 'compared' ? answer.differences : [];
  expect(differences.length).toBe(6);
  const all = reviewed(differences);
  expect(all.map(({ change, calls }) => [change, calls])).toEqual([
    ['weaker', ['bpf']],
    ['stronger', ['close']],
  ]);
  for (const { architectures } of all) expect([...architectures].sort()).toEqual(['x32', 'x86', 'x86_64']);
  expect([countOf(all, 'weaker'), countOf(all, 'stronger'), countOf(all, 'other')]).toEqual([1, 1, 0]);
});
