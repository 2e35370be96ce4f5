import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import {
  CHECK_RULES,
  type FileReport,
  PROGRAM_CHECK_RULES,
  renderGithub,
  renderJson,
  renderSarif,
  renderText,
  unreadableReport,
} from '../../src/check/index.js';
import { readProfile } from '../../src/profile/index.js';
import { args, check, deny, denyList } from './profiles.js';

const ROOT = new URL('../../', import.meta.url).pathname;

/** A finding of each severity, one with a fix and one that is ignored. */
const report = check(
  denyList(
    { names: ['socket'], action: 'SCMP_ACT_ERRNO', ...args([0, 'EQ', 16]) },
    deny('execve'),
    deny('mouny', { comment: 'scmp-ignore unknown-syscall' }),
  ),
);
const FILE: FileReport = { source: 'profile.json', report };
const UNREADABLE = unreadableReport(profileError('{"defaultAction": "SCMP_ACT_ALOW"}'), 'broken.json');

function profileError(text: string): Error {
  try {
    readProfile(text, { source: 'broken.json' });
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was read');
}

describe('text', () => {
  it('has a line a finding, its advice, and the counts', () => {
    const lines = renderText([FILE]).split('\n');
    expect(lines).toContain(
      'profile.json:30:9: warning: syscalls[2].names[0]: execve is restricted and execveat is not, but each of them runs a program [sibling-open]',
    );
    expect(lines).toContain('    restrict execveat too, or neither');
    expect(lines.at(-2)).toMatch(/^1 error, 2 warnings, \d pieces of advice; 1 ignored$/);
    expect(renderText([{ source: 'x', report: { findings: [], ignored: [] } }])).toBe('nothing found\n');
  });

  it('says why a file cannot be read', () => {
    expect(renderText([UNREADABLE])).toMatch(
      /^broken\.json:1:19: error: defaultAction: .*SCMP_ACT_ALOW.* \[unreadable\]\n/,
    );
  });

  it('prints no control character of a file name', () => {
    const [finding] = report.findings;
    const evil: FileReport = {
      source: 'x',
      report: { findings: [{ ...finding!, source: 'a\u001b[2J\nb', path: '\u009b' }], ignored: [] },
    };
    expect(renderText([evil])).toMatch(/^a\\u001b\[2J\\u000ab:/);
    expect(renderText([evil])).toContain(': \\u009b: ');
  });
});

describe('JSON', () => {
  it('has every finding with its place, and the counts', () => {
    const document = JSON.parse(renderJson([FILE, UNREADABLE]));
    expect(document.summary).toMatchObject({ errors: 2, warnings: 2, ignored: 1, fixed: 0 });
    expect(document.files[0].findings).toEqual(JSON.parse(JSON.stringify(report.findings)));
    expect(document.files[0].ignored).toHaveLength(1);
    expect(document.files[1]).toMatchObject({ source: 'broken.json', readable: false });
  });
});

describe('SARIF', () => {
  // The schema of SARIF 2.1.0 is of JSON Schema draft 4; what it uses means the same in draft 7 but for the name of "id".
  const {
    id: _id,
    $schema: _schema,
    ...schema
  } = JSON.parse(readFileSync(join(ROOT, 'build/test-inputs/sarif-2.1.0.json'), 'utf8'));
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  ajv.addFormat('uri', /^[a-z][a-z0-9+.-]*:[^\s]*$/i);
  ajv.addFormat('uri-reference', /^[^\s\\]*$/);
  ajv.addFormat('date-time', true);
  const validate = ajv.compile(schema);
  const sarif = (...files: FileReport[]) => {
    const log = JSON.parse(renderSarif(files));
    expect(validate(log) ? [] : validate.errors).toEqual([]);
    return log.runs[0];
  };

  it('is valid, and the validator notices when it is not', () => {
    const run = sarif(FILE, UNREADABLE);
    expect(run.tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual([
      ...new Set([...CHECK_RULES, ...PROGRAM_CHECK_RULES].map(({ id }) => id)),
      'unreadable',
    ]);
    for (const { ruleId, ruleIndex } of run.results) expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId);
    expect(validate({ version: '2.1.0', runs: [{ ...run, results: [{ message: {}, level: 'advice' }] }] })).toBe(false);
  });

  it('has levels, places, fixes and suppressions', () => {
    const { results } = sarif(FILE);
    const of = (id: string) => results.find(({ ruleId }: { ruleId: string }) => ruleId === id);
    expect(of('sibling-open')).toMatchObject({
      level: 'warning',
      locations: [
        {
          physicalLocation: { artifactLocation: { uri: 'profile.json' }, region: { startLine: 30, startColumn: 9 } },
          logicalLocations: [{ fullyQualifiedName: 'syscalls[2].names[0]' }],
        },
      ],
    });
    expect(of('errno-missing')).toMatchObject({ level: 'note' });
    expect(of('wide-comparison')).toMatchObject({ level: 'error' });
    expect(of('wide-comparison').fixes[0].artifactChanges[0].replacements).toHaveLength(3);
    // A byte order mark is no character of the text, so only bytes name it (SARIF 2.1.0, 3.30).
    const marked = sarif({ source: 'x', report: check(`\uFEFF${JSON.stringify(denyList())}`) });
    expect(marked.results[0]).toMatchObject({
      ruleId: 'byte-order-mark',
      locations: [{ physicalLocation: { region: { startLine: 1, startColumn: 1 } } }],
      fixes: [
        {
          artifactChanges: [
            { replacements: [{ deletedRegion: { byteOffset: 0, byteLength: 3 }, insertedContent: { text: '' } }] },
          ],
        },
      ],
    });
    expect(of('unknown-syscall').suppressions).toEqual([{ kind: 'inSource' }]);
  });

  it('says that a run failed which could not read a file', () => {
    expect(sarif(FILE).invocations[0].executionSuccessful).toBe(true);
    expect(sarif(FILE, UNREADABLE).invocations[0].executionSuccessful).toBe(false);
    expect(sarif(unreadableReport(new Error('x: no such file'), 'x')).results).toHaveLength(1);
  });

  it.each([
    ['a b/profil#1?.json', 'a%20b/profil%231%3F.json'],
    ['/etc/x.json', 'file:///etc/x.json'],
    ['C:\\profiles\\x.json', 'file:///C:/profiles/x.json'],
    ['ordner\\x.json', 'ordner/x.json'],
    ['\ud800.json', '%EF%BF%BD.json'],
  ])('names %j as %s', (source, uri) => {
    const [finding] = report.findings;
    const { results } = sarif({ source, report: { findings: [{ ...finding!, source }], ignored: [] } });
    expect(results[0].locations[0].physicalLocation.artifactLocation.uri).toBe(uri);
  });
});

describe('GitHub annotations', () => {
  it('are a line each', () => {
    const lines = renderGithub([FILE, UNREADABLE]).trimEnd().split('\n');
    expect(lines).toContain(
      '::warning file=profile.json,line=30,col=9,title=scmp check%3A sibling-open::execve is restricted and execveat is not, but each of them runs a program. restrict execveat too, or neither',
    );
    expect(lines.every((line) => /^::(error|warning|notice) file=/.test(line))).toBe(true);
    expect(lines).toHaveLength(report.findings.length + 1);
  });

  it('cannot be made to run a command by a file name or a message', () => {
    const [finding] = report.findings;
    const source = 'a,line=1::x\n::set-env name=A::1%0A';
    const evil: FileReport = {
      source,
      report: { findings: [{ ...finding!, source, message: 'x\r\n::error::y' }], ignored: [] },
    };
    const text = renderGithub([evil]);
    expect(text.split('\n')).toHaveLength(2);
    expect(text).toContain('file=a%2Cline=1%3A%3Ax%0A%3A%3Aset-env name=A%3A%3A1%250A,');
    expect(text).toContain('::x%0D%0A::error::y');
  });
});
