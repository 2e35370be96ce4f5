import { describe, expect, it } from 'vitest';
import { checkProfile, renderJson, renderSarif, renderText } from '../../../src/check/index.js';
import { TARGET_MODELS, TARGETS, type TargetName } from '../../../src/compose/targets/target.js';
import { loadLibseccomp } from '../../../src/libseccomp/index.js';
import { readProfile } from '../../../src/profile/index.js';

const libseccomp = await loadLibseccomp();

const CONDITIONAL = {
  defaultAction: 'SCMP_ACT_ERRNO',
  archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
  syscalls: [
    { names: ['read', 'mseal'], action: 'SCMP_ACT_ALLOW' },
    { names: ['bpf'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_BPF'] } },
    { names: ['ptrace'], action: 'SCMP_ACT_ALLOW', excludes: { minKernel: '4.8' } },
  ],
};

function report(engine: TargetName, profile: object | string = CONDITIONAL, runtime?: 'runc' | 'crun' | 'runc-1.1') {
  const text = typeof profile === 'string' ? profile : JSON.stringify(profile);
  const options = { libseccomp, engine, text, targets: ['x86_64'], runtime };
  const found = checkProfile(readProfile(text, { source: 'p.json' }), options);
  return { report: found, target: found.target! };
}
const paths = (notes: readonly { path: string }[]) => notes.map(({ path }) => path);

describe('what a target does with a profile', () => {
  it('says of each target whose behaviour it is', () => {
    for (const name of TARGETS) {
      const { target, software } = report(name).target;
      expect(target).toBe(name);
      expect(software.length, name).toBeGreaterThan(0);
      for (const { how, version, where } of TARGET_MODELS[name].software) {
        expect(['run', 'read']).toContain(how);
        expect(version.length * where.length).toBeGreaterThan(0);
      }
    }
  });

  it('says which flag runc takes and does not set', () => {
    const flags = ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_TSYNC'];
    const profile = { defaultAction: 'SCMP_ACT_ALLOW', flags };
    expect(report('containerd', profile).target.ignored).toMatchObject([
      {
        path: 'flags[1]',
        message: expect.stringContaining('runc takes SECCOMP_FILTER_FLAG_TSYNC and does not set it'),
      },
    ]);
    expect(report('cri-o', profile).target.ignored).toEqual([]);
  });

  it.each<[TargetName, string[], weaker: string[]]>([
    ['docker', [], []],
    ['podman', ['syscalls[2].excludes.minKernel'], ['syscalls[2].excludes.minKernel']],
    ['cri-o', ['syscalls[2].excludes.minKernel'], ['syscalls[2].excludes.minKernel']],
    [
      'containerd',
      ['archMap', 'syscalls[1].includes', 'syscalls[2].excludes'],
      ['syscalls[1].includes', 'syscalls[2].excludes'],
    ],
    [
      'kubernetes',
      ['archMap', 'syscalls[1].includes', 'syscalls[2].excludes', 'syscalls[2].excludes.minKernel'],
      ['syscalls[1].includes', 'syscalls[2].excludes', 'syscalls[2].excludes.minKernel'],
    ],
  ])('%s ignores what its reader does not have, and weaker is an error', (name, ignored, weaker) => {
    const { target, report: found } = report(name);
    expect(paths(target.ignored)).toEqual(ignored);
    expect(paths(target.ignored.filter(({ isWeaker }) => isWeaker))).toEqual(weaker);
    const errors = found.findings.filter(({ id, severity }) => id === 'ignored-by-target' && severity === 'error');
    expect(paths(errors).sort()).toEqual([...weaker].sort());
  });

  it('of a deny-list an entry that always applies is stricter, and one without a name is weaker', () => {
    const deny = (more: object) => ({ action: 'SCMP_ACT_ERRNO', errnoRet: 1, ...more });
    const list = {
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [deny({ names: ['bpf'], excludes: { caps: ['CAP_BPF'] } }), deny({ name: 'mount' })],
    };
    const { ignored } = report('containerd', list).target;
    expect(ignored.map(({ path, isWeaker }) => [path, isWeaker])).toEqual([
      ['syscalls[0].excludes', false],
      ['syscalls[1].name', true],
    ]);
  });

  it('adds what the runtime of the target adds, or the one that was named', () => {
    const added = (...args: Parameters<typeof report>) => report(...args).target.added.map(({ message }) => message);
    expect(added('docker')).toEqual([
      expect.stringContaining('runc sets SECCOMP_FILTER_FLAG_SPEC_ALLOW'),
      expect.stringMatching(/^runc answers ENOSYS.*: mseal on x86_64 and mseal on x86$/),
    ]);
    expect(added('podman')).toEqual([expect.stringContaining('crun sets SECCOMP_FILTER_FLAG_SPEC_ALLOW')]);
    expect(added('docker', CONDITIONAL, 'crun')).toEqual(added('podman'));
    const flags = ['SECCOMP_FILTER_FLAG_LOG'];
    expect(added('docker', { ...CONDITIONAL, flags, defaultAction: 'SCMP_ACT_LOG' })).toEqual([]);
    expect(added('docker', { ...CONDITIONAL, flags: [], defaultAction: 'SCMP_ACT_LOG' })).toEqual([
      expect.stringMatching(/^runc sets SECCOMP_FILTER_FLAG_SPEC_ALLOW, for an empty list of "flags" is lost/),
    ]);
    expect(added('systemd', '[Service]\nSystemCallFilter=read\nMemoryDenyWriteExecute=yes\n')).toEqual([
      expect.stringContaining('@default'),
      expect.stringContaining('MemoryDenyWriteExecute'),
      expect.stringContaining('NoNewPrivileges'),
    ]);
    expect(added('artifact', { defaultAction: 'SCMP_ACT_ERRNO' })).toEqual([expect.stringContaining('baseline')]);
  });

  it('refuses what the runtime refuses, and looks no further where nothing of the file is left', () => {
    const flags = { ...CONDITIONAL, flags: ['SECCOMP_FILTER_FLAG_LOG'] };
    expect(paths(report('docker', flags, 'runc-1.1').target.refused)).toEqual(['flags[0]']);
    expect(report('docker', flags).target.refused).toEqual([]);
    for (const file of ['default allow\n', JSON.stringify({ linux: { seccomp: CONDITIONAL } })]) {
      const { refused, ignored, added } = report('docker', file).target;
      expect([...refused, ...ignored].map(({ finding }) => finding)).toEqual(['engine-reads-nothing']);
      expect(added).toEqual([]);
    }
  });

  it('is in the text, in JSON and in SARIF', () => {
    const files = [{ source: 'p.json', report: report('containerd').report }];
    expect(renderText(files)).toMatch(
      /^p\.json: given to containerd \(--target containerd\):\n {2}refused: nothing\n {2}ignored:\n {4}archMap: .*\n {4}syscalls\[1\]\.includes: .*weaker than the profile\)\n/m,
    );
    expect(renderText(files)).toContain(
      'known from: containerd 1.6.20 (run), containerd commit 3096e87 (read), runc 1.5 (read)',
    );
    expect(JSON.parse(renderJson(files)).files[0].target).toMatchObject({ target: 'containerd', refused: [] });
    const [run] = JSON.parse(renderSarif(files)).runs;
    expect(run.properties.targets).toEqual([expect.objectContaining({ uri: 'p.json', target: 'containerd' })]);
    expect(run.results.map(({ ruleId }: { ruleId: string }) => ruleId)).toContain('ignored-by-target');
    const none = [{ source: 'p.json', report: { findings: [], ignored: [] } }];
    expect(JSON.parse(renderSarif(none)).runs[0].properties).toBeUndefined();
  });
});
