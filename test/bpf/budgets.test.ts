// Programs made to be expensive: an answer, or an error that says so, and soon.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { assemble, compareDecisions, ProgramTooComplexError, policyTable } from '../../src/bpf/index.js';
import { answerCall } from '../../src/explain/call-answer.js';
import { ListingBound } from '../../src/explain/listing-bound.js';
import { nameComparison } from '../../src/explain/name-comparison.js';
import { nameTable } from '../../src/explain/named-policy.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';

/** Processor time; others that run at the same time cost some of it. */
const MAX_SECONDS = 8;
const MAX_MEGABYTES = 300;

const word = 'A = args[1].low\n';
const words = `${word}X = A\nA = args[2].low\n`;
const times = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('');
const decide = 'goto y else goto n\ny: return ALLOW\nn: return KILL\n';
/** Each takes a bit more of another argument into a scratch word: as many paths as there are sets of these bits. */
const paths = (field: (index: number) => string) =>
  `A = 0\nM[0] = A\n${times(30, (i) => `A = ${field(i)}\nif (A & ${1 << (i % 30)}) goto t${i}\ngoto e${i}\nt${i}: A = M[0]\nA += ${1 << (i % 30)}\nM[0] = A\ne${i}: A = 0\n`)}A = M[0]\nreturn A\n`;

const PROGRAMS: Readonly<Record<string, string>> = {
  'a return of an argument': `${word}return A\n`,
  'a return of the number': 'A = nr\nreturn A\n',
  'a return of a product': `${word}A *= 0x9e3779b1\nreturn A\n`,
  'a return of number and architecture': 'A = arch\nX = A\nA = nr\nA ^= X\nreturn A\n',
  'an errno of an argument, 256 of them': `${word}A &= 0xff\nA |= 0x50000\nreturn A\n`,
  'an errno of an argument, 4096 of them': `${word}A &= 0xfff\nA |= 0x50000\nreturn A\n`,
  'a trace of an argument': `${word}A &= 0xffff\nA |= 0x7ff00000\nreturn A\n`,
  'two arguments compared': `${words}if (A > X) ${decide}`,
  'a sum of bits of all arguments': `A = 0\nM[0] = A\n${times(30, (i) => `A = args[${i % 6}].low\nA >>= ${i}\nA &= 1\nX = M[0]\nA += X\nM[0] = A\n`)}A = M[0]\nA |= 0x50000\nreturn A\n`,
  'masks, each with its errno': `${times(400, (i) => `A = args[${i % 6}].low\nif (A & ${(Math.imul(i + 1, 0x9e3779b1) & Math.imul(i + 7, 0x85ebca6b)) >>> 0}) goto n${i}\nreturn ERRNO(${i + 1})\nn${i}: A = 0\n`)}return ALLOW\n`,
  'values of all arguments, each with its errno': `${times(800, (i) => `A = args[${i % 6}].low\nif (A == ${Math.imul(i + 1, 0x9e3779b1) >>> 0}) goto k${i}\ngoto n${i}\nk${i}: return ERRNO(${i + 1})\nn${i}: A = 0\n`)}return ALLOW\n`,
  'paths by the arguments': paths((i) => `args[${i % 6}].low`),
  'a bit of the number': `A = nr\nif (A & 1) ${decide}`,
  'a high bit of the number': `A = nr\nif (A & 0x40000) ${decide}`,
  'a bit of the architecture': `A = arch\nif (A & 1) ${decide}`,
};
const CONSTANT = assemble('.endian little\nreturn ALLOW\n');
const libseccomp = loadLibseccompSync();

it.each(Object.entries(PROGRAMS))('%s', { timeout: 120_000 }, (_, text) => {
  const program = assemble(`.endian little\n${text}`);
  const questions = [
    () => nameTable(policyTable(program, { endianness: 'little' }), libseccomp),
    () => nameComparison(compareDecisions(CONSTANT, program), libseccomp),
  ];
  for (const ask of questions) {
    const begin = process.cpuUsage();
    try {
      ask();
    } catch (error) {
      expect(error).toBeInstanceOf(ProgramTooComplexError);
    }
    const { user } = process.cpuUsage(begin);
    expect(user / 1e6).toBeLessThan(MAX_SECONDS);
  }
});

it('in a process of its own, the worst of them take little memory', { timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'scmp-budgets-'));
  const scmp = join(import.meta.dirname, '../../dist/scmp.cjs');
  const reported = 'data:text/javascript,process.on("exit",()=>console.error("maxRSS",process.resourceUsage().maxRSS))';
  const memoryOf = (...args: string[]) => {
    const { NODE_OPTIONS, ...env } = process.env;
    const run = '"$@" 2>&1 >/dev/null || true';
    const errors = execFileSync('sh', ['-c', run, 'sh', process.execPath, '--import', reported, scmp, ...args], {
      env,
    });
    return Number(/maxRSS (\d+)/.exec(errors.toString())?.[1]) / 1024;
  };
  try {
    const constant = join(folder, 'constant.bpf');
    writeFileSync(constant, CONSTANT.program);
    for (const name of ['a return of an argument', 'a sum of bits of all arguments', 'paths by the arguments']) {
      const file = join(folder, 'program.bpf');
      writeFileSync(file, assemble(`.endian little\n${PROGRAMS[name]}`).program);
      expect(memoryOf('explain', file, '--arch', 'x86_64')).toBeLessThan(MAX_MEGABYTES);
      expect(memoryOf('diff', constant, file, '--arch', 'x86_64')).toBeLessThan(MAX_MEGABYTES);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('a few expensive calls take nothing from the others', () => {
  // What nobody could list is reported as such; the plain condition beside it is complete.
  const text = `.arch x86_64\nA = nr\nif (A == 1) goto odd\nif (A == 2) goto plain\nreturn ALLOW\nodd: ${words}A ^= X\nA &= 0xf\nif (A == 3) goto k\nreturn ALLOW\nplain: A = args[0].low\nif (A == 7) goto k\nreturn ALLOW\nk: return KILL\n`;
  const { architectures } = policyTable(assemble(text));
  const decisions = (nr: number) =>
    architectures.flatMap(({ ranges }) => ranges).find(({ from, to }) => from <= nr && nr <= to)?.decisions;
  expect(decisions(2)?.[0]?.when).toEqual([[{ kind: 'equal', field: 0, mask: 0xffffffffn, value: 7n }]]);
  expect(
    decisions(1)
      ?.map(({ action }) => action.kind)
      .sort(),
  ).toEqual(['ALLOW', 'KILL_THREAD']);
});

it('of a program too complex to be listed, a call that is not is answered', () => {
  const text = `.arch x86_64\nA = arch\nif (A != x86_64) goto k\nA = nr\nif (A == 1) goto odd\nif (A == 2) goto plain\nreturn ALLOW\nodd: ${words}A *= X\nif (A > 77777) goto k\nreturn ALLOW\nplain: A = args[0].low\nif (A == 7) goto k\nreturn ALLOW\nk: return KILL\n`;
  const { program } = assemble(text);
  expect(() => policyTable(program)).toThrow(ProgramTooComplexError);
  const { answers, looksAtArchitecture } = answerCall({ program, endianness: 'little' }, '2', libseccomp);
  expect(looksAtArchitecture).toBe(true);
  expect(answers[0]).toMatchObject({ architecture: 'x86_64', name: 'open', number: 2 });
  expect(answers[0]?.decisions[0]).toEqual({ action: { kind: 'KILL_THREAD' }, when: '(pathname & 0xffffffff) == 7' });
  expect(() => answerCall({ program, endianness: 'little' }, '1', libseccomp)).toThrow(ProgramTooComplexError);
});

it('what is said by name is bounded', () => {
  const bound = new ListingBound();
  const term = Array.from({ length: 64 }, () => ({ kind: 'equal', field: 0, mask: 1n, value: 1n }) as const);
  expect(() => {
    for (let call = 0; call < 3000; call++) bound.count([term]);
  }).toThrow(ProgramTooComplexError);
});
