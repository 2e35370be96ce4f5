import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../../src/playground/engine/engine.js';
import { issueText } from '../../../src/playground/keep/issue-text.js';
import { reportHtml, STYLE, STYLE_DIGEST } from '../../../src/playground/keep/report.js';
import type { Snapshot } from '../../../src/playground/keep/snapshot.js';
import { DEFAULT_SETTINGS } from '../../../src/playground/settings/settings.js';
import fc from '../../fast-check.js';

const TEXT = 'default errno EPERM\nallow read, write\nallow socket(domain == AF_UNIX)\n';
const MARKUP = `</pre><script>alert(1)</script><img src=x onerror="alert(1)">'&amp;`;

const engine = new Engine();

async function snapshotOf(text: string, more: Partial<Snapshot> = {}): Promise<Snapshot> {
  const settings = DEFAULT_SETTINGS;
  const answer = await engine.answer('compile', { text, source: 'rules.txt', settings });
  const call = { architecture: 'x86_64', syscall: 'socket', arguments: ['AF_UNIX', '', '0'] } as const;
  const simulated = await engine.answer('simulate', { call });
  return {
    ...{ text, source: 'rules.txt', command: 'scmp compile rules.txt --arch x86_64', weights: undefined },
    compiled: answer.kind === 'compiled' ? answer : undefined,
    errors: answer.kind === 'refused' ? answer.problems : [],
    findings:
      answer.kind === 'compiled' ? (await engine.answer('check', { text, source: 'r', settings })).problems : [],
    simulated: simulated.kind === 'simulated' ? { call, answer: simulated } : undefined,
    versions: [['libseccomp', '1.2.3']],
    ...more,
  };
}

/** The blocks of a text in fences, read by CommonMark's rule: a fence is closed by one that is as long or longer. */
function blocks(markdown: string): { inside: string[]; outside: string } {
  const inside: string[] = [];
  const outside: string[] = [];
  let fence: string | undefined;
  for (const line of markdown.split('\n')) {
    const marks = /^ {0,3}(`{3,})([^`]*)$/.exec(line);
    if (fence === undefined && marks) {
      fence = marks[1];
      inside.push('');
    } else if (fence !== undefined && marks && marks[1]!.length >= fence.length && marks[2]!.trim() === '') {
      fence = undefined;
    } else if (fence === undefined) outside.push(line);
    else inside.push(`${inside.pop()}${line}\n`);
  }
  expect(fence).toBeUndefined();
  return { inside, outside: outside.filter(Boolean).join('\n') };
}

describe('the text for an issue', () => {
  it('has profile, settings, verdict, findings, the simulated call and versions', async () => {
    const { inside, outside } = blocks(issueText(await snapshotOf(TEXT)));
    expect(outside.split('\n')).toEqual(
      ['Profile', 'Settings', 'Verdict', 'Findings', 'Simulated call', 'Versions'].map((title) => `### ${title}`),
    );
    expect(inside[0]).toBe(TEXT);
    expect(inside[1]).toBe('scmp compile rules.txt --arch x86_64\n');
    expect(inside[2]).toMatch(/^list, compiled: \d+ instructions \(\d+ bytes\) for x86_64/);
    expect(inside[4]).toBe('socket(AF_UNIX, 0, 0) on x86_64: ALLOW\n');
    expect(inside[5]).toBe('libseccomp 1.2.3\n');
  });

  it('says why a text does not compile, and nothing of an older one', async () => {
    const { inside, outside } = blocks(
      issueText(await snapshotOf('default errno EPERM\nallow reed(\n', { simulated: undefined })),
    );
    expect(outside).not.toMatch(/Findings|Simulated/);
    expect(inside[2]).toMatch(/^it does not compile:\n {2}error .* at 2:\d+/);
  });

  it('lets no text out of its fence', async () => {
    const base = await snapshotOf(TEXT);
    const pieces = fc.array(
      fc.constantFrom('`', '```', '~~~', '\n', '# x', '@somebody', '<img>', ' ', '    ', '```sh'),
    );
    fc.assert(
      fc.property(pieces, pieces, (text, command) => {
        const { inside, outside } = blocks(issueText({ ...base, text: text.join(''), command: command.join('') }));
        expect(outside.split('\n').every((line) => line.startsWith('### '))).toBe(true);
        expect(inside[0]!.replace(/\n$/, '')).toBe(text.join('').replace(/\n$/, ''));
      }),
    );
  });
});

describe('the report', () => {
  it('allows its own style and nothing else', () => {
    expect(STYLE_DIGEST).toBe(`sha256-${createHash('sha256').update(STYLE).digest('base64')}`);
  });

  it('has the policy in words as scmp explain, the map, and where an entry stands', async () => {
    const snapshot = await snapshotOf(TEXT);
    const asked = { text: TEXT, source: 'rules.txt', settings: DEFAULT_SETTINGS };
    const explained = await engine.answer('explain', asked);
    if (explained.kind !== 'explained') throw new Error(explained.message);
    expect(explained.text).toMatch(/ALLOW always \(2\):\n\s+read write/);
    const report = reportHtml(snapshot, explained.text, new Date(0));
    expect(report).toContain('1970-01-01T00:00:00.000Z');
    expect(report).toMatch(/<th scope="row">read<\/th><td>0<\/td><td>ALLOW<\/td><td>[^<]*\(2:7\)/);
    expect(report).toMatch(
      /<th scope="row">socket<\/th><td>41<\/td><td>[^<]*ALLOW[^<]*<\/td><td>[^<]*domain == AF_UNIX/,
    );
    expect(await engine.answer('explain', { ...asked, text: '{' })).toMatchObject({ kind: 'failed' });
  });

  it('makes markup of nothing that it is told', async () => {
    const base = await snapshotOf(TEXT);
    const problem = {
      severity: 'error',
      id: MARKUP,
      message: MARKUP,
      advice: MARKUP,
      path: MARKUP,
      fixes: [],
    } as const;
    const hostile: Snapshot = {
      ...{ source: MARKUP, text: MARKUP, command: MARKUP, weights: MARKUP },
      compiled: { ...base.compiled!, format: MARKUP },
      errors: [problem],
      findings: [problem],
      simulated: {
        call: { architecture: 'x86_64', syscall: MARKUP, arguments: [MARKUP] },
        answer: base.simulated!.answer,
      },
      versions: [[MARKUP, MARKUP]],
    };
    for (const snapshot of [hostile, { ...hostile, compiled: undefined }]) {
      const report = reportHtml(snapshot, MARKUP, new Date(0));
      const tags = new Set([...report.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, name]) => name));
      const known = 'html head meta title style body h1 h2 p pre section table thead tbody tr th td details summary';
      expect([...tags].filter((tag) => !known.split(' ').includes(tag!))).toEqual([]);
      expect(report).not.toContain('alert(1)"');
    }
    // What turns the direction of writing is seen.
    expect(reportHtml({ ...base, text: 'a\u202eb' }, undefined, new Date(0))).toContain('a\\u202eb');
  });
});
