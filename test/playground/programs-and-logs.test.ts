import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compileProfileSync } from '../../src/compiler/index.js';
import { Engine } from '../../src/playground/engine/engine.js';
import { DEFAULT_SETTINGS as settings } from '../../src/playground/settings/settings.js';

const engine = new Engine();
const PROFILE = `{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    { "names": ["read", "write", "exit_group"], "action": "SCMP_ACT_ALLOW" }
  ]
}
`;
const { program } = compileProfileSync(PROFILE, { arch: 'x86_64' });
const open = (content: Uint8Array | string, source = 'file') =>
  engine.answer('open', { bytes: Uint8Array.from(Buffer.from(content)), source, arch: 'x86_64' });
const compile = (text: string, words = {}) =>
  engine.answer('compile', { text, source: 'p', settings: { ...settings, words } });

const AUDIT =
  'type=SECCOMP msg=audit(1700000000.123:456): auid=1000 uid=1000 gid=1000 ses=1 pid=4242 comm="ls" exe="/bin/ls" sig=0 arch=c000003e syscall=165 compat=0 ip=0x7f code=0x50001\n';

describe('a program', () => {
  it('opens as assembler, which is the same program', async () => {
    const opened = await open(program, 'p.bpf');
    const text = opened.kind === 'text' ? opened.text : '';
    expect(text).toMatch(/^\.arch x86_64/m);
    const compiled = await compile(text);
    expect(compiled).toMatchObject({
      kind: 'compiled',
      format: 'program (assembler)',
      instructions: program.length / 8,
    });
    const exported = await engine.answer('export', { text, source: 'p.bpf', settings, format: 'bpf' });
    expect(
      exported.kind === 'exported' && Buffer.from(exported.content as Uint8Array).equals(Buffer.from(program)),
    ).toBe(true);
    expect((await engine.answer('listing', { revision: 0 }))?.lines.length).toBe(program.length / 8);
  });

  it('has a map and a diff in every form that is pasted', async () => {
    const hex = Buffer.from(program).toString('hex');
    const c = await engine.answer('export', { text: PROFILE, source: 'p', settings, format: 'c' });
    const forms = {
      hex,
      base64: Buffer.from(program).toString('base64'),
      source: c.kind === 'exported' ? String(c.content) : '',
    };
    for (const [form, text] of Object.entries(forms)) {
      const compiled = await compile(text);
      expect(compiled).toMatchObject({ kind: 'compiled', format: `program (${form})` });
      const calls = compiled.kind === 'compiled' ? (compiled.map.architectures[0]?.calls ?? []) : [];
      const allowed = calls.filter(({ actions }) => actions.length === 1 && actions[0]?.kind === 'ALLOW');
      expect(allowed.map(({ name }) => name).sort()).toEqual(['exit_group', 'read', 'write']);
      const sides = { before: { text: PROFILE, source: 'a' }, after: { text, source: 'b' }, settings };
      expect(await engine.answer('compare', sides)).toMatchObject({ kind: 'compared', differences: [] });
    }
  });

  it('shows what it does on architectures that libseccomp has no table for', async () => {
    const text = `.endian little
A = arch
if (A == 0xc0009026) goto alpha
if (A == x86_64) goto allow
return KILL_PROCESS
alpha: A = nr
if (A == 5) goto log
allow: return ALLOW
log: return LOG
`;
    const shownOf = async (program: string) => {
      const compiled = await compile(program);
      const others = compiled.kind === 'compiled' ? compiled.map.otherArchitectures : [];
      return others.map(({ name, actions }) => [name, actions.map((each) => each.text)]);
    };
    expect(await shownOf(text)).toEqual([
      ['Architecture 0xc0009026 (alpha)', ['ALLOW', 'LOG']],
      ['Any other architecture', ['KILL_PROCESS']],
    ]);
    expect(await shownOf(PROFILE)).toEqual([['Any other architecture', ['KILL_THREAD']]]);
  });

  it('is checked, made smaller, and turned into a profile', async () => {
    const text = Buffer.from(compileProfileSync(PROFILE, { arch: 'x86_64', enosysStub: true }).program).toString('hex');
    const untested = '.endian little\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)\n';
    const { problems } = await engine.answer('check', { text: untested, source: 'p', settings });
    expect(problems.map(({ id }) => id)).toContain('architecture-untested');
    const small = await compile(text, { optimize: 'min' });
    const whole = await compile(text);
    expect(small.kind === 'compiled' && whole.kind === 'compiled' && small.instructions < whole.instructions).toBe(
      true,
    );
    expect(small).toMatchObject({ instructionsOfLibseccomp: whole.kind === 'compiled' ? whole.instructions : 0 });
    const hex = Buffer.from(program).toString('hex');
    const profile = await engine.answer('export', { text: hex, source: 'p.hex', settings, format: 'oci' });
    expect(profile.kind === 'exported' ? profile.content : profile.message).toContain('exit_group');
    const pfc = await engine.answer('export', { text: hex, source: 'p', settings, format: 'pfc' });
    expect(pfc).toMatchObject({ kind: 'failed' });
  });

  it('that the kernel refuses is refused in words', async () => {
    expect(await compile(Buffer.from(program.subarray(0, 24)).toString('hex'))).toMatchObject({ kind: 'refused' });
  });
});

describe('a file', () => {
  it('is a profile, a log, packed, or nothing that can be read', async () => {
    expect(await open(PROFILE)).toEqual({ kind: 'text', text: PROFILE, isProgram: false, isPacked: false });
    expect(await open(AUDIT)).toMatchObject({ kind: 'log' });
    expect(await open(gzipSync(AUDIT))).toEqual({ kind: 'log', text: AUDIT });
    expect(await open('openat(AT_FDCWD, "x", O_RDONLY) = 3\n+++ exited with 0 +++\n')).toMatchObject({ kind: 'log' });
    expect(await open(Uint8Array.of(0xff, 0xfe, 1))).toMatchObject({ kind: 'unreadable' });
    expect(await open('a\0b')).toMatchObject({ kind: 'unreadable' });
    expect(await open(gzipSync(PROFILE).subarray(0, 30))).toMatchObject({ kind: 'unreadable' });
    expect(await open(gzipSync(Buffer.alloc(65 << 20)))).toMatchObject({ kind: 'unreadable' });
  });

  it.each([PROFILE, '[Service]\nSystemCallFilter=read\n', 'default kill\nallow read\n', '# audit: kill\nread: 1\n'])(
    'that is a profile is no log: %j',
    async (text) => {
      expect(await open(text)).toEqual({ kind: 'text', text, isProgram: false, isPacked: false });
    },
  );
});

describe('a log', () => {
  const why = (log: string, text = PROFILE) =>
    engine.answer('why', { log: { text: log, source: 'audit.log' }, profile: { text, source: 'p.json' }, settings });

  it('says which calls were denied, why, and what to add', async () => {
    const answer = await why(AUDIT + AUDIT);
    expect(answer).toMatchObject({ kind: 'answered', calls: 2, used: 2, left: 0 });
    const [row] = answer.kind === 'answered' ? answer.rows : [];
    expect(row).toMatchObject({ program: '/bin/ls', name: 'mount', architecture: 'x86_64', count: 2, isDenied: true });
    expect(row?.why).toMatch(/the default, no entry names it/);
    expect(JSON.parse(row?.addition ?? '')).toMatchObject({ names: ['mount'], action: 'SCMP_ACT_ALLOW' });
  });

  it('is read where the profile does not compile, and where there is no call in it', async () => {
    expect(await why(AUDIT, '{')).toMatchObject({ kind: 'answered', rows: [{ name: 'mount', isDenied: true }] });
    expect(await why('nothing\n')).toMatchObject({ kind: 'answered', rows: [], used: 0 });
  });

  const UNIT = '[Service]\nSystemCallFilter=read write\nExecStart=/bin/true\n';
  it.each([
    ['JSON', PROFILE, `${PROFILE.slice(0, PROFILE.indexOf(' }\n') + 2)},\n    {`],
    ['a list', 'default errno EPERM\nallow read', 'default errno EPERM\nallow read\nallow mount\n'],
    ['a unit', UNIT, '[Service]\nSystemCallFilter=read write\nSystemCallFilter=mount\nExecStart=/bin/true\n'],
  ])('a click adds what allows the call, and nothing else: %s', async (_, text, begin) => {
    const answer = await why(AUDIT, text);
    const [row] = answer.kind === 'answered' ? answer.rows : [];
    const profile = { text, source: 'p' };
    const question = {
      profile,
      settings,
      addition: row?.addition ?? '',
      name: 'mount',
      architecture: 'x86_64',
    } as const;
    const added = await engine.answer('add', question);
    expect(added).toMatchObject({ kind: 'added', text: expect.stringContaining(begin) });
    const after = await why(AUDIT, added.kind === 'added' ? added.text : '');
    expect(after).toMatchObject({ rows: [{ why: expect.stringMatching(/allows the call/) }] });
  });

  it('what would change more, or does not help, is left to the author', async () => {
    const profile = { text: PROFILE, source: 'p' };
    const add = (addition: string, text = PROFILE) =>
      engine.answer('add', {
        profile: { ...profile, text },
        settings,
        addition,
        name: 'mount',
        architecture: 'x86_64',
      });
    expect(await add('{"names": ["mount", "bpf"], "action": "SCMP_ACT_ALLOW"}')).toMatchObject({ kind: 'failed' });
    expect(await add('{"names": ["read"], "action": "SCMP_ACT_ALLOW"}')).toMatchObject({ kind: 'failed' });
    expect(await add('{"names": ["mount"], "action": "SCMP_ACT_KILL"}')).toMatchObject({ kind: 'failed' });
    expect(await add('nonsense')).toMatchObject({ kind: 'failed' });
    expect(await add('{"names": ["mount"]}', '{"defaultAction": "SCMP_ACT_ERRNO"}')).toMatchObject({ kind: 'failed' });
  });
});
