import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { scmp } from './scmp.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-unfiltered-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const text = (...args: string[]) => scmp(args).stdout.toString();
const closed = file('closed.list', 'default kill\nallow read\n');
const open = file('open.list', 'default kill\nallow read\nallow uretprobe\n');
const NEVER = (name: string) => `kernels never ask a filter about ${name} on x86_64`;

describe('calls that Linux asks no filter about', () => {
  it('are told as such by simulate, beside what the filter says', () => {
    const answer = text('simulate', closed, 'uretprobe', '--arch', 'amd64');
    expect(answer).toMatch(/^x86_64: uretprobe\(.*\): KILL_PROCESS\n {4}kernels never ask a filter about uretprobe/);
    expect(text('simulate', closed, '336', '--arch', 'amd64')).toContain(NEVER('uprobe'));
    expect(JSON.parse(text('simulate', closed, 'uretprobe', '--arch', 'amd64', '--json')).notes).toHaveLength(1);
    // Other numbers, and the same ones elsewhere, are asked about.
    for (const [call, arch] of [
      ['read', 'amd64'],
      ['334', 'amd64'],
      ['336', 'x86'],
      ['uretprobe', 'x32'],
    ]) {
      expect(text('simulate', closed, call as string, '--arch', arch as string)).not.toContain('never ask');
    }
  });

  it('are told as such by explain, of one call and of a policy that does not allow them', () => {
    expect(text('explain', closed, 'uretprobe', '--arch', 'amd64')).toContain(`    ${NEVER('uretprobe')}`);
    expect(text('explain', closed, 'read', '--arch', 'amd64')).not.toContain('never ask');
    const policy = text('explain', open, '--arch', 'amd64');
    expect(policy).toMatch(
      /\n\nwhatever the filter says\n {2}kernels never ask a filter about uprobe [^\n]*(\n {4}[^\n]*)*\n$/,
    );
    expect(policy).not.toContain(NEVER('uretprobe'));
    expect(text('explain', closed, '--arch', 'aarch64')).not.toContain('never ask');
  });

  it('are told as such by diff, where nothing changes in truth', () => {
    const { status, stdout } = scmp(['diff', closed, open, '--arch', 'amd64']);
    expect(status).toBe(1);
    expect(stdout.toString()).toMatch(/uretprobe: KILL_PROCESS → ALLOW\n +kernels never ask a filter about uretprobe/);
    expect(JSON.parse(text('diff', closed, open, '--arch', 'amd64', '--json')).differences[0].notes).toHaveLength(1);
  });
});

describe('scmp implies by a call that no filter is asked about', () => {
  it('says so below', () => {
    const { status, stdout } = scmp(['implies', open, closed, '--arch', 'amd64']);
    expect(status).toBe(1);
    expect(stdout.toString()).toMatch(
      /uretprobe\(.*: ALLOW in .*\n {4}kernels never ask a filter about uretprobe .*\n$/,
    );
    const answer = JSON.parse(text('implies', open, closed, '--arch', 'amd64', '--json'));
    expect(answer.counterexample.notes).toHaveLength(1);
    const wider = file('wider.list', 'default kill\nallow read\nallow write\n');
    expect(text('implies', wider, closed, '--arch', 'amd64')).not.toContain('never ask');
  });
});

describe('scmp implies between decisions of one rank', () => {
  const program = (name: string, data: number) =>
    `.arch x86_64\n  A = arch\n  if (A != x86_64) goto k\n  A = nr\n  if (A == openat) goto b\n  return ALLOW\nb: return ${name}(${data})\nk: return KILL_PROCESS\n`;
  const assembled = (path: string, name: string, data: number) => {
    const bpf = join(folder, `${path}.bpf`);
    expect(scmp(['asm', file(`${path}.asm`, program(name, data)), '-o', bpf]).status).toBe(0);
    return bpf;
  };

  it.each([
    ['TRAP', 23, 'TRAP(23)', 1, 'TRAP(1)'],
    ['ERRNO', 1, 'ERRNO(EPERM)', 38, 'ERRNO(ENOSYS)'],
  ] as const)(
    '%s: says that the two are not equal, which neither allows more than',
    (name, one, first, other, second) => {
      const [a, b] = [assembled('a', name, one), assembled('b', name, other)];
      for (const [left, right, leftText, rightText] of [
        [a, b, first, second],
        [b, a, second, first],
      ] as const) {
        const { status, stdout } = scmp(['implies', left, right]);
        expect(status).toBe(0);
        expect(stdout.toString()).toMatch(
          / is nowhere more permissive than .*, and not equal to it: on x86_64, openat\(/,
        );
        expect(stdout.toString()).toContain(`: ${leftText} in ${left}, ${rightText} in ${right}`);
        expect(JSON.parse(text('implies', left, right, '--json'))).toMatchObject({
          holds: true,
          sameRank: { nr: 257, a: leftText, b: rightText },
        });
      }
      expect(text('implies', a, a)).toBe(`${a} is nowhere more permissive than ${a}\n`);
      expect(JSON.parse(text('implies', a, a, '--json'))).toEqual({ holds: true });
    },
  );
});
