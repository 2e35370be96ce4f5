import { describe, expect, it } from 'vitest';
import { parseArchitecture } from '../../src/architecture.js';
import { compareDecisions } from '../../src/bpf/decisions/compare.js';
import { joinedConditions, normalConditions, widestConditions } from '../../src/compose/recordings/conditions.js';
import { writeObjects } from '../../src/compose/recordings/kubernetes.js';
import {
  type MergeRecordingsOptions,
  mergeByContainer,
  mergeRecordings,
} from '../../src/compose/recordings/merge-recordings.js';
import { originOfPath, parseLayout, type RecordingOrigin, timeOfText } from '../../src/compose/recordings/origin.js';
import { type RecordingInput, RecordingReader } from '../../src/compose/recordings/read-recording.js';
import { Recordings } from '../../src/compose/recordings/recordings.js';
import { renderMerge } from '../../src/compose/recordings/report.js';
import { nameComparison } from '../../src/explain/name-comparison.js';
import { compileProfileSync } from '../../src/index.js';
import { syscallLookup } from '../../src/learn/index.js';
import { loadLibseccompSync } from '../../src/libseccomp/index.js';
import type { ArgumentCondition } from '../../src/policy.js';
import { readProfile } from '../../src/profile/formats/read-profile.js';
import { fleetRecording } from './fleet.js';

const libseccomp = loadLibseccompSync();
const lookup = syscallLookup(libseccomp);
const NAMES = ['accept', 'bind', 'brk', 'close', 'connect', 'execve', 'exit_group', 'fsync', 'openat', 'read', 'write'];

function read(
  recordings: Recordings,
  text: string | Uint8Array,
  options: Partial<RecordingInput> = {},
  piece = 1 << 16,
) {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const reader = new RecordingReader(recordings, {
    source: 'input',
    lookup,
    architecture: 'x86_64',
    target: { arch: parseArchitecture('x86_64') },
    ...options,
  });
  for (let at = 0; at < bytes.length; at += piece) reader.push(bytes.subarray(at, at + piece));
  return reader.end();
}

const entry = (names: string[], args?: object[]) => ({ names, action: 'SCMP_ACT_ALLOW', ...(args && { args }) });
const profileOf = (...syscalls: object[]) =>
  readProfile({ defaultAction: 'SCMP_ACT_ERRNO', architectures: ['SCMP_ARCH_X86_64'], syscalls });
const merged = (recordings: Recordings, options?: MergeRecordingsOptions) => mergeRecordings(recordings, options);
const names = (calls: readonly { call: string }[]) => calls.map(({ call }) => call);
const yamlList = (texts: readonly string[]) =>
  `apiVersion: v1\nitems:\n${texts.map((text) => text.replace(/^(?=.)/gm, '  ').replace(/^ {2}/, '- ')).join('')}kind: List\nmetadata:\n  resourceVersion: ""\n`;

describe('recordings of a fleet', () => {
  const fleet = Array.from({ length: 12 }, (_, number) => fleetRecording(number, NAMES, 8));
  const forms: Record<string, string> = {
    'a list in YAML': yamlList(fleet.map(({ asYaml }) => asYaml)),
    'documents in YAML': fleet.map(({ asYaml }) => `---\n${asYaml}`).join(''),
    'a list in JSON': `{"apiVersion":"v1","items":[${fleet.map(({ asJson }) => asJson).join(',')}],"kind":"List"}`,
    'texts of JSON': fleet.map(({ asJson }) => asJson).join('\n'),
    'YAML of another form': yamlList(
      fleet.map(({ asYaml }) => asYaml.replace('partial: "true"', "partial: 'true' # yes")),
    ).replace(/\n/g, '\r\n'),
  };
  const reference = (() => {
    const recordings = new Recordings();
    for (const { asJson } of fleet) read(recordings, asJson);
    return merged(recordings);
  })();

  it.each(Object.entries(forms))('%s, in pieces of any size', (_, text) => {
    for (const piece of [1 << 16, 61, 7]) {
      const recordings = new Recordings();
      const summary = read(recordings, text, {}, piece);
      expect(summary.faults.map(String)).toEqual([]);
      expect(summary.used).toBe(fleet.length);
      expect({ ...merged(recordings), profile: undefined }).toEqual({ ...reference, profile: undefined });
      expect(renderMerge(merged(recordings))).toBe(renderMerge(reference));
    }
  });

  it('say who made the calls', () => {
    expect(reference.fleet).toMatchObject({
      recordings: 12,
      nodes: { count: 12 },
      containers: { count: 1, names: ['api'] },
      images: { count: 3 },
      last: '2026-10-01T00:11:00Z',
    });
    expect(reference.profileRecordings).toEqual({ count: 1, names: ['shop'] });
    expect(reference.fleet.pods.names[0]).toBe('shop/shop-api-xxxx0');
  });

  it('come to the same in any order, and count once where they are given twice', () => {
    const shuffled = new Recordings();
    for (const { asJson, asYaml } of [...fleet].reverse()) {
      read(shuffled, asYaml);
      read(shuffled, asJson);
    }
    expect(writeObjects(merged(shuffled))).toBe(writeObjects(reference));
    expect(renderMerge(merged(shuffled), 'json')).toBe(renderMerge(reference, 'json'));
    expect(renderMerge(merged(shuffled), 'markdown')).toBe(renderMerge(reference, 'markdown'));
  });

  it('are each allowed by the result, which allows no more than all of them', () => {
    const compiled = (profile: Parameters<typeof compileProfileSync>[0]) =>
      compileProfileSync(profile, { arch: 'x86_64' });
    const whole = compiled(reference.profile);
    const seen = new Set<string>();
    for (const { asJson } of fleet) {
      const own = compiled(readProfile(asJson));
      expect(
        nameComparison(compareDecisions(own, whole), libseccomp).some(({ direction }) => direction === 'stronger'),
      ).toBe(false);
      for (const name of JSON.parse(asJson).spec.syscalls[0].names) seen.add(name);
    }
    expect(names(reference.taken)).toEqual([...seen].sort());
    const all = compiled(profileOf(entry([...seen])));
    const weaker = nameComparison(compareDecisions(all, whole), libseccomp).filter(
      ({ direction }) => direction !== 'stronger',
    );
    // ENOSYS for calls that C libraries try first is no permission.
    expect(weaker.filter(({ to }) => to.kind === 'ALLOW')).toEqual([]);
  });

  it('are written with a binding to the image that is named, else to each that is known', () => {
    const text = writeObjects(reference, { image: 'registry.example/api', namespace: 'shop' });
    expect(text).toContain('kind: ProfileBinding\nmetadata:\n  name: shop-api\n  namespace: shop\n');
    expect(text).toContain(
      'profileRef:\n    kind: SeccompProfile\n    name: shop-api\n  image: registry.example/api\n',
    );
    expect(text).toContain('"version":"v1","total":12,"syscalls":{"accept":');
    expect(text).toMatch(/ {4}# Files and folders \(observed, not complete\): /);
    const [object] = text.split('---\n');
    expect(readProfile(object!).name).toBe('shop-api');
    const images = [...writeObjects(reference).matchAll(/^ {2}image: (.*)$/gm)].map(([, image]) => image);
    expect(images).toEqual(['1.0', '1.1', '1.2'].map((tag) => `registry.example/api:${tag}`));
  });
});

describe('what is not taken', () => {
  const recordings = new Recordings();
  const add = (node: string | undefined, day: number, ...calls: string[]) =>
    recordings.addProfile(profileOf(entry(calls)), {
      source: `${node}-${day}`,
      node,
      time: Date.UTC(2026, 10, day),
    });
  add('a', 1, 'read', 'fsync', 'sync');
  add('a', 20, 'read', 'fsync');
  add('b', 21, 'read', 'mkdir');
  add(undefined, 22, 'read', 'mkdir', 'rmdir');

  it('calls on fewer nodes; all nodes that are not known count as one', () => {
    const { taken, rare, warnings } = merged(recordings, { minNodes: 2 });
    expect(names(taken)).toEqual(['mkdir', 'read']);
    expect(rare.map(({ call, nodes, hasUnknownNode }) => [call, nodes.names, hasUnknownNode])).toEqual([
      ['fsync', ['a'], false],
      ['rmdir', [], true],
      ['sync', ['a'], false],
    ]);
    expect(warnings.map(({ code }) => code)).toEqual(['merge-unknown-node']);
    expect(names(merged(recordings, { minNodes: 3 }).taken)).toEqual(['read']);
  });

  it('calls that were not seen since', () => {
    const { taken, stale, staleBefore } = merged(recordings, { staleDays: 7 });
    expect([names(taken), names(stale), staleBefore]).toEqual([
      ['fsync', 'mkdir', 'read', 'rmdir'],
      ['sync'],
      '2026-11-15',
    ]);
    expect(names(merged(recordings, { staleBefore: new Date('2026-11-22') }).stale)).toEqual(['fsync', 'sync']);
  });

  it('nothing of a recording without a time is stale', () => {
    const timeless = new Recordings();
    timeless.addProfile(profileOf(entry(['read'])), { source: 'a' });
    const { taken, warnings } = merged(timeless, { staleBefore: new Date('2026-11-22') });
    expect(names(taken)).toEqual(['read']);
    expect(warnings.map(({ code }) => code)).toEqual(['merge-unknown-time']);
  });

  it('no recordings at all are an error', () => {
    expect(() => merged(new Recordings())).toThrow(/no recordings/);
  });
});

describe('arguments', () => {
  const condition = (index: number, value: bigint, mask?: bigint): ArgumentCondition =>
    mask === undefined
      ? { index, op: 'EQ', value, valueTwo: 0n }
      : { index, op: 'MASKED_EQ', value: mask, valueTwo: value };
  const ioctl = (value: bigint) => entry(['ioctl'], [{ index: 1n, value, op: 'SCMP_CMP_EQ' }]);

  it('stay as they were recorded', () => {
    const recordings = new Recordings();
    recordings.addProfile(profileOf(ioctl(0x5401n)), { source: 'a' });
    recordings.addProfile(profileOf(ioctl(0x5401n), ioctl(0x5421n)), { source: 'b' });
    const { taken, profile, warnings } = merged(recordings);
    expect(names(taken)).toEqual(['ioctl(request == TCGETS)', 'ioctl(request == FIONBIO)']);
    expect(profile.seccomp.syscalls?.map(({ args }) => args?.[0]?.value)).toEqual([0x5401n, 0x5421n]);
    expect(warnings).toEqual([]);
  });

  it('go where a recording has the call with any, which a warning says', () => {
    const recordings = new Recordings();
    recordings.addProfile(profileOf(ioctl(0x5401n)), { source: 'a' });
    recordings.addProfile(profileOf(entry(['ioctl'])), { source: 'b' });
    const { taken, warnings } = merged(recordings);
    expect(names(taken)).toEqual(['ioctl']);
    expect(warnings[0]).toMatchObject({ code: 'merge-unconditional', message: expect.stringContaining('TCGETS') });
  });

  it('of too many kinds become masks that allow no more, or go', () => {
    const recordings = new Recordings();
    const add = (...values: bigint[]) => {
      for (const value of values) recordings.addProfile(profileOf(ioctl(value)), { source: String(value) });
    };
    add(0x5400n, 0x5401n, 0x5402n, 0x5403n);
    const masked = merged(recordings, { maxKinds: 3 });
    expect(masked.warnings).toEqual([]);
    expect(masked.profile.seccomp.syscalls?.[0]?.args).toEqual([
      { index: 1n, op: 'SCMP_CMP_MASKED_EQ', value: (1n << 64n) - 4n, valueTwo: 0x5400n },
    ]);
    add(0x10n, 0x21n, 0x82n);
    const opened = merged(recordings, { maxKinds: 3 });
    expect(opened.warnings[0]).toMatchObject({ code: 'merge-widened', message: expect.stringContaining('7 kinds') });
    expect(names(opened.taken)).toEqual(['ioctl']);
  });

  it('joined, allow the values they are made of and no other', () => {
    let state = 7;
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state % below;
    };
    for (let round = 0; round < 300; round++) {
      const all = Array.from({ length: 1 + random(12) }, () =>
        normalConditions([
          condition(0, BigInt(random(8)), 7n),
          ...(random(2) ? [condition(1, BigInt(random(4)), 3n)] : []),
        ]),
      );
      const holds = (lists: readonly (readonly ArgumentCondition[])[], args: bigint[]) =>
        lists.some((list) =>
          list.every(({ index, op, value, valueTwo }) =>
            op === 'EQ' ? args[index] === value : (args[index]! & value) === valueTwo,
          ),
        );
      const joined = widestConditions(joinedConditions(widestConditions(all)));
      expect(joined.length).toBeLessThanOrEqual(all.length);
      for (let a = 0n; a < 8n; a++) {
        for (let b = 0n; b < 4n; b++) expect(holds(joined, [a, b])).toBe(holds(all, [a, b]));
      }
    }
  });

  it('clone3 is not opened beside a clone whose flags are compared', () => {
    const recordings = new Recordings();
    const clone = entry(['clone'], [{ index: 0n, value: 0x7e020000n, valueTwo: 0n, op: 'SCMP_CMP_MASKED_EQ' }]);
    recordings.addProfile(profileOf(clone), { source: 'a' });
    recordings.addProfile(profileOf(entry(['clone3'])), { source: 'b' });
    const { taken, profile, warnings } = merged(recordings);
    expect(names(taken)).toHaveLength(1);
    expect(profile.seccomp.syscalls).toContainEqual(
      expect.objectContaining({ names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38n }),
    );
    expect(warnings.map(({ code }) => code)).toEqual(['clone3-enosys']);
  });

  it('what a recording denies it does not allow; ENOSYS stays where no other allows the call', () => {
    const recordings = new Recordings();
    const enosys = { names: ['faccessat2', 'statx'], action: 'SCMP_ACT_ERRNO', errnoRet: 38n };
    recordings.addProfile(profileOf(entry(['read', 'statx']), enosys), { source: 'a' });
    const { taken, profile } = merged(recordings);
    expect(names(taken)).toEqual(['read']);
    expect(profile.seccomp.syscalls?.find(({ action }) => action === 'SCMP_ACT_ERRNO')?.names).toEqual([
      'faccessat2',
      'statx',
    ]);
    recordings.addProfile(profileOf(entry(['statx'])), { source: 'b' });
    const both = merged(recordings);
    expect(names(both.taken)).toEqual(['read', 'statx']);
    expect(both.warnings.map(({ code }) => code)).toEqual(['merge-allowed']);
  });
});

describe('inputs', () => {
  it('gadget advise, several containers', () => {
    const recordings = new Recordings();
    const json = JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [entry(['read'])] });
    const { used, faults } = read(recordings, `// default/web/nginx\n${json}\n// default/db/redis\n${json}\n`);
    expect([used, faults]).toEqual([2, []]);
    const { fleet, warnings } = merged(recordings);
    expect([fleet.pods.names, fleet.containers.names]).toEqual([
      ['default/db', 'default/web'],
      ['nginx', 'redis'],
    ]);
    expect(warnings.map(({ code }) => code)).toContain('merge-containers');
  });

  it('profiles in any other format', () => {
    const recordings = new Recordings();
    expect(read(recordings, 'default errno EPERM\nallow read, write\n').faults).toEqual([]);
    expect(read(recordings, 'read: 1\nclose: 1\n', { source: 'a.policy' }).faults).toEqual([]);
    expect(names(merged(recordings).taken)).toEqual(['close', 'read', 'write']);
  });

  it('audit logs that name the node, line by line', () => {
    const line = (node: string, syscall: number) =>
      `node=${node} type=SECCOMP msg=audit(17640${syscall}0000.1:4): auid=1 uid=1 gid=1 ses=2 pid=7 comm="a" exe="/a" sig=0 arch=c000003e syscall=${syscall} compat=0 ip=0x7 code=0x7ffc0000\n`;
    const recordings = new Recordings();
    const summary = read(recordings, line('a', 0) + line('b', 0) + line('b', 1), { origin: { node: 'of the path' } });
    expect([summary.isLog, summary.used]).toEqual([true, 3]);
    const { taken } = merged(recordings);
    expect(taken.map(({ call, nodes, lines, last }) => [call, nodes.names, lines, last?.slice(0, 4)])).toEqual([
      ['read', ['a', 'b'], 2, '2025'],
      ['write', ['b'], 1, '2025'],
    ]);
  });

  it('the log enricher and the journal name them too', () => {
    const enriched =
      'I0706 10:00:00.0 1 enricher.go:1] log-enricher "msg"="audit" "container"="nginx" "executable"="/a" "namespace"="default" "node"="n1" "pid"=7 "pod"="web" "syscallID"=0 "syscallName"="read" "timestamp"="1764000000.1:4" "type"="seccomp"\n';
    const journal = `${JSON.stringify({ _TRANSPORT: 'audit', _HOSTNAME: 'n2', __REALTIME_TIMESTAMP: '1764000000000000', MESSAGE: 'SECCOMP auid=1 uid=1 gid=1 ses=2 pid=7 comm="a" exe="/a" sig=0 arch=c000003e syscall=1 compat=0 ip=0x7 code=0x7ffc0000' })}\n`;
    const recordings = new Recordings();
    read(recordings, enriched);
    read(recordings, journal);
    const { taken } = merged(recordings);
    expect(taken.map(({ call, nodes, pods }) => [call, nodes.names, pods.names])).toEqual([
      ['read', ['n1'], ['default/web']],
      ['write', ['n2'], []],
    ]);
  });

  it('strace logs, with arguments where these are asked for', () => {
    const log = '7 1764000000.1 socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3\n7 1764000001.1 read(3, "", 1) = 0\n';
    const [plain, detailed] = [new Recordings(), new Recordings()];
    read(plain, log);
    read(detailed, log, { arguments: true });
    expect(names(merged(plain).taken)).toEqual(['read', 'socket']);
    expect(names(merged(detailed).taken)).toEqual([
      'read',
      'socket(domain == AF_UNIX, type & 0xf == SOCK_STREAM, protocol == IPPROTO_IP)',
    ]);
  });

  it('an object that cannot be read does not cost the others', () => {
    const [first, second, third] = [0, 1, 2].map((number) => fleetRecording(number, NAMES, 4).asYaml) as [
      string,
      string,
      string,
    ];
    const recordings = new Recordings();
    const broken = second.replace('SCMP_ACT_ERRNO', 'SCMP_ACT_NONE');
    const { used, faults } = read(recordings, yamlList([first, broken, third]));
    expect(used).toBe(2);
    expect(faults.map(String)).toEqual([expect.stringMatching(/input:\d+:\d+: spec\.defaultAction/)]);
    expect(Number(/input:(\d+)/.exec(String(faults[0]))![1])).toBe(
      yamlList([first, broken, third])
        .split('\n')
        .findIndex((line) => line.includes('SCMP_ACT_NONE')) + 1,
    );
  });

  it.each([
    ['nothing', '', /nothing in it/],
    ['an empty list', 'kind: List\napiVersion: v1\nitems: []\n', /nothing in it/],
    ['other objects', 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n', /no SeccompProfile in it, but Pod/],
    ['JSON that ends early', '{"items":[{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[', /ends in the middle/],
    ['JSON with something between', '{"items":[{},5]}', /something else than an object/],
    ['a profile that allows by default', '{"defaultAction":"SCMP_ACT_ALLOW"}', /allows calls that nobody saw/],
    ['other bytes', new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]), /UTF-8/],
    ['a profile that extends', '{"extends":"node","syscalls":[]}', /extends/],
  ])('%s is a fault that says so', (_, text, message) => {
    const recordings = new Recordings();
    const { used, faults } = read(recordings, text);
    expect(used).toBe(0);
    expect(faults.map(String).join('\n')).toMatch(message);
    expect(recordings.recordings).toHaveLength(0);
  });

  it('a list that breaks off keeps what came before', () => {
    const recordings = new Recordings();
    const text = `{"items":[${fleetRecording(1, NAMES, 4).asJson},{"kind":`;
    const { used, faults } = read(recordings, text, {}, 50);
    expect([used, faults.length]).toEqual([1, 1]);
  });
});

describe('containers', () => {
  const at = (container: string | undefined, image: string | undefined, more: object = {}) => ({
    source: `${container} ${image} ${JSON.stringify(more)}`,
    ...{ container, image, namespace: 'shop', ...more },
  });
  const recordings = new Recordings();
  const add = (origin: RecordingOrigin, ...calls: string[]) => recordings.addProfile(profileOf(entry(calls)), origin);
  add(at('web', 'nginx:1', { time: Date.UTC(2026, 10, 1) }), 'read', 'sendfile');
  add(at('web', 'nginx:2', { time: Date.UTC(2026, 10, 2) }), 'read', 'accept4');
  add(at('db', 'redis'), 'read', 'fsync');
  add(at('db', 'other', { namespace: 'test' }), 'read', 'sync');
  const log = at('db', 'redis', { node: 'a', source: 'a.log' });
  for (const [last, name] of [
    [5, 'read'],
    [7, 'read'],
    [6, 'mkdir'],
  ] as const) {
    recordings.addCall({ name, architecture: 'x86_64', args: [] }, log, { count: 2, last });
  }
  const all = mergeByContainer(recordings);

  it('each have a profile, of what was seen of them alone', () => {
    const seen = all.map(({ fleet, taken }) => [fleet.containers.names, fleet.images.names, names(taken)]);
    expect(seen).toEqual([
      [['db'], ['redis'], ['fsync', 'mkdir', 'read']],
      [['db'], ['other'], ['read', 'sync']],
      [['web'], ['nginx:1', 'nginx:2'], ['accept4', 'read', 'sendfile']],
    ]);
    const [db] = all;
    expect(db!.taken.map(({ call, lines, recordings: by }) => [call, lines, by])).toEqual([
      ['fsync', 0, 1],
      ['mkdir', 2, 1],
      ['read', 4, 2],
    ]);
    expect(all.flatMap(({ warnings }) => warnings)).toEqual([]);
  });

  it('are the parts of what all have seen, whichever part a recording is in', () => {
    const whole = merged(recordings);
    expect([...new Set(all.flatMap(({ taken }) => names(taken)))].sort()).toEqual(names(whole.taken));
    expect(all.reduce((sum, { fleet }) => sum + fleet.recordings, 0)).toBe(whole.fleet.recordings);
    expect(all.reduce((sum, { fleet }) => sum + fleet.lines, 0)).toBe(whole.fleet.lines);
    expect(whole.warnings.map(({ code }) => code)).toEqual(['merge-containers']);
  });

  it('have a binding for each image, and names of their own', () => {
    const text = writeObjects(all);
    const of = (key: string) => [...text.matchAll(new RegExp(`^  ${key}: (.*)$`, 'gm'))].map(([, value]) => value);
    expect(text.match(/^kind: .*$/gm)).toEqual([
      ...['kind: SeccompProfile', 'kind: ProfileBinding', 'kind: SeccompProfile', 'kind: ProfileBinding'],
      ...['kind: SeccompProfile', 'kind: ProfileBinding', 'kind: ProfileBinding'],
    ]);
    expect(of('image')).toEqual(['redis', 'other', 'nginx:1', 'nginx:2']);
    expect(of('name')).toEqual(['db', 'db', 'db-2', 'db-2', 'web', 'web', 'web-2']);
    expect(() => writeObjects(all, { image: 'nginx' })).toThrow(/of one profile/);
  });

  it('that share an image are together, and what is of none is apart', () => {
    const shared = new Recordings();
    const put = (origin: RecordingOrigin, ...calls: string[]) => shared.addProfile(profileOf(entry(calls)), origin);
    put(at('one', 'app'), 'read');
    put(at('two', 'app'), 'write');
    put(at(undefined, 'app'), 'close');
    expect(mergeByContainer(shared).map(({ taken }) => names(taken))).toEqual([['close', 'read', 'write']]);
    put(at('three', undefined), 'lseek');
    put({ source: 'node.log' }, 'mkdir');
    expect(mergeByContainer(shared).map(({ taken }) => names(taken))).toEqual([
      ['close', 'read', 'write'],
      ['lseek'],
      ['mkdir'],
    ]);
  });

  it('that were recorded long ago are stale by the newest of all', () => {
    const stale = mergeByContainer(recordings, { staleDays: 3 }).map((each) => names(each.stale));
    expect(stale).toEqual([['mkdir', 'read'], [], []]);
  });
});

describe('paths', () => {
  it.each([
    ['logs/worker-1/audit.log', 'logs', undefined, { node: 'worker-1' }],
    ['logs/audit.log', 'logs', undefined, {}],
    ['worker-1/audit.log', undefined, undefined, {}],
    ['logs/node=w2/pod=web/image=nginx/a.log', 'logs', undefined, { node: 'w2', pod: 'web', image: 'nginx' }],
    ['x/w1/web.yaml', 'x', '{node}/{pod}.*', { node: 'w1', pod: 'web' }],
    ['x/2026-11-30/w1.log.gz', undefined, '{date}/{node}.log*', { node: 'w1', time: Date.UTC(2026, 10, 30) }],
  ])('%s', (path, root, layout, said) => {
    expect(originOfPath(path, root, layout === undefined ? undefined : parseLayout(layout))).toEqual(said);
  });

  it('a layout names each thing once, and things there are', () => {
    for (const text of ['{node}/{node}', '{host}', 'node', '{}']) expect(parseLayout(text)).toBeUndefined();
  });

  it('times of day say no day', () => {
    expect(timeOfText('10:00:00.1')).toBeUndefined();
    expect(timeOfText('1764000000.5')).toBe(1_764_000_000_500);
  });
});

it('names cannot end a comment or a line', () => {
  const recordings = new Recordings();
  const evil = 'a\nspec: {}\u2028\u001b[31m|`';
  recordings.addProfile(profileOf(entry(['read'])), { source: 'a', node: evil, pod: evil, image: evil });
  recordings.addProfile(profileOf(entry(['write'])), { source: 'b', node: 'b', image: evil });
  const result = merged(recordings);
  const text = writeObjects(result);
  expect(readProfile(text.split('---\n')[0]!).seccomp.defaultAction).toBe('SCMP_ACT_ERRNO');
  for (const each of [text, renderMerge(result), renderMerge(result, 'markdown')])
    expect(each).not.toMatch(/^spec: \{\}/m);
});
