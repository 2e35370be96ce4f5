import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, expect, it, vi } from 'vitest';
import { addCheckCommand } from '../../src/cli/commands/check.js';

const printed: string[] = [];
vi.mock('../../src/cli/output.js', async (original) => ({
  ...(await original<typeof import('../../src/cli/output.js')>()),
  print: (text: string) => printed.push(text),
}));
vi.mock('../../src/check/check-profile.js', async (original) => {
  const actual = await original<typeof import('../../src/check/check-profile.js')>();
  return {
    ...actual,
    checkProfile: (...args: Parameters<typeof actual.checkProfile>) => {
      if (args[0].source?.endsWith('fault.json')) throw new RangeError('Maximum call stack size exceeded');
      return actual.checkProfile(...args);
    },
  };
});

const folder = mkdtempSync(join(tmpdir(), 'scmp-fault-'));
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = undefined;
});

it('a fault of ours costs one file its report, and is the exit code', async () => {
  const files = ['typo.json', 'fault.json', 'last.json'].map((name) => join(folder, name));
  const profile = { defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['opnat'], action: 'SCMP_ACT_ALLOW' }] };
  for (const file of files) writeFileSync(file, JSON.stringify(profile));
  const program = new Command();
  addCheckCommand(program);
  await program.parseAsync(['node', 'scmp', 'check', ...files, '--format', 'sarif']);
  const { results, invocations } = JSON.parse(printed.join('')).runs[0];
  const found = (file: string, ruleId: string) =>
    results.some(
      (result: { ruleId: string; locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }) =>
        result.ruleId === ruleId && result.locations[0]!.physicalLocation.artifactLocation.uri.endsWith(file),
    );
  expect(found('typo.json', 'unknown-syscall')).toBe(true);
  expect(found('last.json', 'unknown-syscall')).toBe(true);
  expect(found('fault.json', 'unreadable')).toBe(true);
  expect(invocations).toEqual([{ executionSuccessful: false }]);
  expect(process.exitCode).toBe(70);
});
