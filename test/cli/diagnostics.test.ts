import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { codeFrame } from '../../src/cli/code-frame.js';
import { isOnPath } from '../on-path.js';
import { ROOT, scmp } from './scmp.js';

const folder = mkdtempSync(join(tmpdir(), 'scmp-diagnostics-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};
const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
  const { status, stdout, stderr } = scmp(args, { cwd: folder, env });
  return { status, stdout: stdout.toString(), stderr };
};
const FORCED = { FORCE_COLOR: '1', COLUMNS: '80' };
const plain = stripVTControlCharacters;

file(
  'typo.json',
  '{\n  "defaultAction": "SCMP_ACT_ALLOW",\n  "syscalls": [\n    { "names": ["ptrce"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1 }\n  ]\n}\n',
);
file('bad.json', '{\n  "defaultAction": "SCMP_ACT_ALOW"\n}\n');

describe('a frame of the source', () => {
  const frame = (text: string, line: number, column: number, width = 60) =>
    codeFrame(text, { line, column }, { width, paint: (_code, part) => part });

  it('has carets below the whole word or string, and a line around it', () => {
    expect(frame('{\n\t"a": "bc",\n}\n', 2, 7)).toEqual(['1 | {', '2 |   "a": "bc",', '  |        ^^^^', '3 | }']);
    expect(frame('default alow', 1, 9)).toEqual(['1 | default alow', '  |         ^^^^']);
  });

  it('is cut to the place in a long line, and never wider than asked', () => {
    const text = `["${'x'.repeat(5000)}", "here", "${'y'.repeat(5000)}"]`;
    const lines = frame(text, 1, text.indexOf('"here"') + 1);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
    const [code = '', carets = ''] = lines;
    expect(code.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('"here"');
  });

  it('stands right below wide characters and escaped ones', () => {
    const [code = '', carets = ''] = frame('"\u202e", "x"', 1, 6);
    expect(code.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('"x"');
    expect(frame('"漢字" x', 1, 6)[1]).toBe(`  | ${' '.repeat(7)}^`);
  });

  it('is nothing for a place that is not there', () => {
    expect(frame('a', 7, 1)).toEqual([]);
    expect(frame('', 1, 1)).toEqual(['1 | ', '  | ^']);
  });
});

describe('scmp check', () => {
  it('has a line for each finding where no terminal reads it', () => {
    const { stdout } = run(['check', 'typo.json']);
    expect(stdout).toMatch(
      /^typo\.json:4:17: error: syscalls\[0\]\.names\[0\]: no architecture .* \[unknown-syscall\]$/m,
    );
    expect(stdout).not.toContain('\x1b');
  });

  it('has the lines of the file and colours with FORCE_COLOR', () => {
    const { stdout, status } = run(['check', 'typo.json'], FORCED);
    expect(status).toBe(1);
    expect(stdout).toContain('\x1b[1;31merror[unknown-syscall]\x1b[0m');
    expect(plain(stdout)).toContain(
      [
        '  --> typo.json:4:17  syscalls[0].names[0]',
        '3 |   "syscalls": [',
        '4 |     { "names": ["ptrce"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1 }',
        '  |                 ^^^^^^^',
        '5 |   ]',
        '  help: write "ptrace" if that is meant, or take it out',
      ].join('\n'),
    );
    expect(plain(stdout)).toContain('scmp check --explain unknown-syscall says more');
  });

  it.each([{ NO_COLOR: '1' }, { FORCE_COLOR: '0' }, { TERM: 'dumb' }])('writes no codes to a pipe with %j', (env) => {
    expect(run(['check', 'typo.json'], env).stdout).toBe(run(['check', 'typo.json']).stdout);
  });

  it.runIf(process.env.CI || isOnPath('script'))('has the lines on a terminal, and no colours with NO_COLOR', () => {
    const onTerminal = (env: NodeJS.ProcessEnv) => {
      const { FORCE_COLOR: _, NO_COLOR: __, ...rest } = process.env;
      const command = `'${process.execPath}' '${ROOT}dist/scmp.cjs' check typo.json`;
      const options = { cwd: folder, env: { ...rest, TERM: 'xterm', ...env }, encoding: 'utf8', input: '' } as const;
      return spawnSync('script', ['-qec', command, '/dev/null'], options).stdout.replaceAll('\r\n', '\n');
    };
    expect(onTerminal({})).toContain('\x1b[1;31merror[unknown-syscall]');
    expect(onTerminal({ NO_COLOR: '1' })).toContain('  |                 ^^^^^^^\n');
    expect(onTerminal({ NO_COLOR: '1' })).not.toContain('\x1b[1');
  });

  it('says what cannot be read once, without advice that says nothing', () => {
    const { stdout, status } = run(['check', 'tpyo.json', file('syntax.json', '{ "defaultAction": ')]);
    expect(status).toBe(2);
    expect(stdout).toBe(
      'tpyo.json: error: no such file; did you mean typo.json? [unreadable]\n' +
        'syntax.json:1:20: error: defaultAction: expected a value, found the end of the text [unreadable]\n2 errors\n',
    );
  });
});

describe('an error', () => {
  it('is a line where no terminal reads it', () => {
    const { stderr, status } = run(['compile', 'bad.json', '--format', 'hex']);
    expect({ stderr, status }).toEqual({
      stderr: 'scmp: bad.json:2:20: defaultAction: unknown action "SCMP_ACT_ALOW"; did you mean SCMP_ACT_ALLOW?\n',
      status: 2,
    });
  });

  it.each([
    ['of a profile', ['compile', 'bad.json'], 'bad.json:2:20  defaultAction', '  |                    ^^^^^^^^^^^^^^^'],
    ['of an assembler text', ['asm', 'bad.asm'], 'bad.asm:1:8', '  |        ^^^'],
    [
      'of a name',
      ['compile', 'typo.json', '--unknown-syscall', 'error'],
      'typo.json:4:17  syscalls[0].names[0]',
      '^^^^^^^',
    ],
  ])('%s shows the line with FORCE_COLOR', (_, args, place, carets) => {
    file('bad.asm', 'return ALW\n');
    const { stderr, status } = run(args, FORCED);
    expect(status).toBe(2);
    expect(plain(stderr)).toContain(`--> ${place}\n`);
    expect(plain(stderr)).toContain(carets);
  });
});

describe('foreign text in what a terminal gets', () => {
  const HOSTILE = '\x1b]0;title\x07\x1b[31mred\x1b[0m\u202e';
  it.each([
    ['check', 'hostile.list'],
    ['compile', 'hostile.list'],
    ['check', 'hostile.json'],
    ['compile', 'hostile.json'],
  ])('%s %s: is escaped in the frame too', (command, name) => {
    file('hostile.list', `default allow\n${HOSTILE} -> errno ${HOSTILE}\n`);
    file('hostile.json', JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', [HOSTILE]: HOSTILE, syscalls: 1 }));
    const { stdout, stderr } = run([command, name], FORCED);
    const text = plain(stdout + stderr);
    expect(text).toContain('-->');
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe('--explain', () => {
  it('prints the section of the page, and where it is', () => {
    const { stdout, status } = run(['check', '--explain', 'wide-comparison']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^wide-comparison \(error\)\n\nAn argument of 32 bits compared in 64/);
    for (const part of ['*Why:*', '*Fix:*', '*Ignore*']) expect(stdout).toContain(part);
    expect(stdout).toMatch(/docs\/check\.md:\d+\n$/);
    expect(stdout).not.toContain('wide-comparison-refuses');
  });

  it('has those that only programs have', () => {
    const { stdout, status } = run(['check', '--explain', 'x32-open']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^x32-open \(warning\)\n\nCalls that are denied/);
    expect(stdout).toMatch(/docs\/programs\.md:\d+\n$/);
  });

  it('names the nearest finding', () => {
    expect(run(['check', '--explain', 'wide-comparisn'])).toEqual({
      status: 2,
      stdout: '',
      stderr: 'scmp: there is no finding "wide-comparisn"; did you mean wide-comparison?\n',
    });
  });
});

describe('YAML with several documents', () => {
  const document = (name: string, call: string) =>
    `apiVersion: security-profiles-operator.x-k8s.io/v1beta1\nkind: SeccompProfile\nmetadata:\n  name: ${name}\nspec:\n  defaultAction: SCMP_ACT_ALLOW\n  syscalls:\n  - {names: [${call}], action: SCMP_ACT_ERRNO}\n`;
  const several = [document('one', 'ptrce'), document('two', 'chroott'), 'kind: Deployment\nmetadata:\n  name: web\n'];

  it('is checked document by document, each at its own lines', () => {
    const { stdout, stderr, status } = run(['check', file('many.yaml', several.join('---\n'))]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^many\.yaml:8:14: error: .*"ptrce".*\[unknown-syscall\]$/m);
    expect(stdout).toMatch(/^many\.yaml:17:14: error: .*"chroott".*\[unknown-syscall\]$/m);
    expect(stderr).toBe('scmp: many.yaml: 1 of its documents are no profile, and are not checked\n');
    const { files } = JSON.parse(run(['check', 'many.yaml', '--json']).stdout) as { files: { document: string }[] };
    expect(files.map(({ document: name }) => name)).toEqual(['one', 'two']);
  });

  it('is checked in part where one is asked for', () => {
    expect(run(['check', 'many.yaml', '--document', 'tow']).stdout).toContain('did you mean "two"?');
    const { stdout } = run(['check', 'many.yaml', '--document', 'two']);
    expect(stdout).toContain('chroott');
    expect(stdout).not.toContain('ptrce');
  });

  it('may be a list, as kubectl prints it in YAML or JSON', () => {
    const items = several.slice(0, 2).map((each) => each.replace(/^/gm, '  ').replace(/^ {2}/, '- ').trimEnd());
    const list = `apiVersion: v1\nkind: List\nitems:\n${items.join('\n')}\n`;
    const { stdout, status } = run(['check', file('list.yaml', list)]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^list\.yaml:11:16: error: .*"ptrce".*\[unknown-syscall\]$/m);
    expect(stdout).toMatch(/^list\.yaml:19:16: error: .*"chroott".*\[unknown-syscall\]$/m);
    run(['check', 'list.yaml', '--fix']);
    // Each of them.
    const fixed = list.replaceAll('SCMP_ACT_ERRNO}', 'SCMP_ACT_ERRNO, errnoRet: 1}');
    expect(fixed).not.toBe(list);
    expect(readFileSync(join(folder, 'list.yaml'), 'utf8')).toBe(fixed);
    const profile = (name: string, call: string) => ({
      ...{ apiVersion: 'security-profiles-operator.x-k8s.io/v1beta1', kind: 'SeccompProfile', metadata: { name } },
      spec: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: [call], action: 'SCMP_ACT_ERRNO' }] },
    });
    const json = { apiVersion: 'v1', items: [profile('one', 'ptrce'), profile('two', 'chroott')], kind: 'List' };
    const { files } = JSON.parse(run(['check', file('list.json', JSON.stringify(json, null, 4)), '--json']).stdout) as {
      files: { document: string }[];
    };
    expect(files.map(({ document: name }) => name)).toEqual(['one', 'two']);
    const one = run(['check', file('line.json', JSON.stringify(json)), '--json']);
    expect(JSON.parse(one.stdout).files).toHaveLength(2);
  });

  it('is told by numbers where names do not tell them apart', () => {
    const twins = file('twins.yaml', [several[0], several[0]].join('---\n'));
    const { files } = JSON.parse(run(['check', twins, '--json']).stdout) as { files: { document: string }[] };
    expect(files.map(({ document: number }) => number)).toEqual(['1', '2']);
    expect(run(['explain', twins]).stderr).toContain('a second document, of 2; choose one with --document');
  });

  const denies = (call: string) =>
    `defaultAction: SCMP_ACT_ALLOW\nsyscalls:\n- {names: [${call}], action: SCMP_ACT_ERRNO}\n`;
  const policy = 'seccomp:\n  default_action: allow\n  syscalls:\n  - {action: errno, names: [chroot]}\n';
  const mixed = [denies('ptrce'), policy, 'kind: ConfigMap\nmetadata: {name: web}\n', denies('mount'), several[1]];

  it('may have documents of any formats, and one that is none costs no other', () => {
    const path = file('mixed.yaml', [...mixed, 'defaultActin: SCMP_ACT_ALLOW\n'].join('---\n'));
    const { stdout, stderr, status } = run(['check', path, '--json']);
    expect(stderr).toBe('scmp: mixed.yaml: 1 of its documents are no profile, and are not checked\n');
    expect(status).toBe(2);
    const { files } = JSON.parse(stdout) as { files: { document: string; unreadable?: boolean }[] };
    expect(files.map(({ document: name }) => name)).toEqual(['1', '2', '3', 'two', '5']);
    const text = run(['check', path]).stdout;
    expect(text).toMatch(/^mixed\.yaml:3:12: error: .*"ptrce".*\[unknown-syscall\]$/m);
    expect(text).toMatch(/^mixed\.yaml:\d+:1: error: .*\[unreadable\]$/m);
  });

  it('is fixed document by document', () => {
    const path = file('fixed.yaml', [denies('mount'), denies('ptrace')].join('---\n'));
    run(['check', path, '--fix']);
    expect(readFileSync(join(folder, path), 'utf8').match(/errnoRet: 1/g)).toHaveLength(2);
  });

  it.each([
    ['explain', ['mixed.yaml#3'], 'mount'],
    ['explain', ['mixed.yaml', '--document', '2'], 'chroot'],
    ['diff', ['mixed.yaml#2', 'mixed.yaml#3'], 'mount'],
    ['convert', ['mixed.yaml#2', '--to', 'docker'], 'chroot'],
  ])('%s %j takes one of them', (command, args, call) => {
    file('mixed.yaml', mixed.join('---\n'));
    const { stdout, stderr } = run([command, ...args]);
    expect(stderr).toBe('');
    expect(stdout).toContain(call);
  });

  it.each([
    [
      'mixed.yaml',
      'a second document, of 4; choose one with --document (option "document"): 1 (line 1), 2 (line 5), 3 (line 13), "two"',
    ],
    ['mixed.yaml#5', 'there is no document "5"; there are 1 (line 1), 2 (line 5), 3 (line 13), "two"'],
    ['mixed.yaml#tow', 'did you mean "two"?'],
  ])('of %s the error says which there are', (path, message) => {
    expect(run(['explain', path]).stderr).toContain(message);
  });
});

describe('a log where a profile is wanted', () => {
  const call = 'openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 3 <0.019290>';
  it.each([
    [
      'audit.log',
      'type=SECCOMP msg=audit(1700000000.123:456): pid=1 comm="ls" sig=31 arch=c000003e syscall=165',
      'an audit log',
    ],
    ['strace.log', `3839  1796066636.682615 ${call}`, 'a log of strace'],
    ['plain.log', call, 'a log of strace'],
    [
      'trace.log',
      'scmp: denied: mount(), x86_64, by mount[1]: ERRNO(EPERM): the default',
      "the output of scmp's --trace",
    ],
  ])('%s is told', (name, line, what) => {
    const path = file(name, `${line}\n${line}\n`);
    expect(run(['explain', path]).stderr).toContain(
      `${path}: this is ${what}, not a profile; scmp why LOG says what was denied`,
    );
    expect(run(['check', path]).stdout).toContain(`this is ${what}, not a profile [unreadable]`);
  });
});

describe('a text of the assembler', () => {
  it('says what is wrong with it at its place', () => {
    expect(run(['check', file('bad.asm', '.arch x86_64\n A = bogus\n')])).toMatchObject({
      status: 2,
      stdout: 'bad.asm:2:6: error: there is no bogus [unreadable]\n1 error\n',
    });
  });

  it('is asked about one of its machines', () => {
    const profile = JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['ptrace'], action: 'SCMP_ACT_ERRNO' }],
      architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'],
    });
    const { stdout } = run(['compile', file('two.json', profile), '--arch', 'amd64', '--format', 'asm']);
    expect(stdout).toMatch(/^\.arch x86_64, x86$/m);
    expect(run(['explain', file('two.asm', stdout), 'ptrace', '--arch', 'i386']).stdout).toMatch(
      /^x86: ptrace \(26\): ERRNO\(EPERM\)$/m,
    );
  });
});

describe('a compose file', () => {
  const compose = (...options: string[]) =>
    `services:\n${options.map((each, at) => `  s${at}:\n    security_opt: ["${each}"]\n`).join('')}`;

  it('is checked by each profile that it names, and read by one', () => {
    const denies = (call: string) => ({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: [call], action: 'SCMP_ACT_ERRNO' }],
    });
    file('a.json', JSON.stringify(denies('mount')));
    file('b.json', JSON.stringify(denies('ptrce')));
    const path = file(
      'compose.yaml',
      compose('seccomp=a.json', 'seccomp=b.json', 'seccomp=unconfined', 'seccomp=a.json'),
    );
    const { stdout, status } = run(['check', path, '--json']);
    expect(status).toBe(2);
    const { files } = JSON.parse(stdout) as { files: { source: string; document?: string }[] };
    expect(files.map(({ source, document }) => [source, document])).toEqual([
      ['a.json', undefined],
      ['b.json', undefined],
      ['compose.yaml', 's2'],
    ]);
    expect(run(['explain', path]).stderr).toContain('services with different profiles: s0, s1, s2; choose one');
    expect(run(['explain', `${path}#s0`]).stdout).toContain('mount');
  });
});

describe('a usage error', () => {
  it.each([
    [['lint'], 'did you mean scmp check?'],
    [['validate', 'p.json'], 'did you mean scmp check?'],
    [['decompile', 'p.bpf'], 'did you mean scmp disasm?'],
    [['version'], 'did you mean scmp --version?'],
    [['-v'], 'did you mean scmp --version?'],
    [['chekc'], 'did you mean scmp check?'],
    [['help', 'chekc'], 'did you mean scmp check?'],
    [['compile', 'p.json', '--formt', 'hex'], 'did you mean --format?'],
    [['compile', 'p.json', '--format', 'hexx'], 'did you mean hex?'],
    [['convert', 'p.json', '--to', 'dockr'], 'did you mean docker?'],
    [['check', 'p.json', '--runtime', 'rucn'], 'did you mean runc?'],
    [['completion', 'bsh'], 'did you mean bash?'],
  ])('scmp %j: %s', (args, words) => {
    const { stderr, status } = run(args);
    expect(status).toBe(2);
    expect(stderr.split('\n')[0]).toMatch(/^scmp: error: /);
    expect(stderr.split('\n')[0]).toContain(words);
    expect(stderr).toMatch(/^usage: scmp /m);
  });

  it.each(['xyzzy', '--xyzzy'])('%s: suggests nothing where nothing is near', (word) => {
    expect(run([word]).stderr).not.toContain('did you mean');
  });

  it('has the usage line of its command', () => {
    expect(run(['simulate', 'p.json']).stderr).toBe(
      "scmp: error: missing required argument 'syscall'\nusage: scmp simulate [options] <input> <syscall> [args...]\n(scmp simulate --help: examples, and every option)\n",
    );
  });
});

it('scmp profiles lists what comes with the package, and every name is taken', () => {
  const rows = JSON.parse(run(['profiles', '--json']).stdout) as { name: string; about: string }[];
  expect(rows.length).toBeGreaterThan(5);
  const text = run(['profiles']).stdout;
  for (const { name, about } of rows) expect(text).toMatch(new RegExp(`^${name} +${about.slice(0, 20)}`, 'm'));
  expect(run(['simulate', 'docker', 'mount', '--arch', 'x86_64', '--cap', 'none']).stdout).toContain('ERRNO(EPERM)');
});
