import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../cli/scmp.js';
import { Workspace } from '../docs/workspace.js';
import { isOnPath } from '../on-path.js';

const hasOpenssl = isOnPath('openssl');
if (!hasOpenssl && !process.env.CI) console.warn('SKIPPED: the admission webhook, openssl is missing');

const UID = '705ab4f5-6393-11e8-b7cc-42010a800002';
const metadata = { name: 'web-1', namespace: 'shop', creationTimestamp: null };

/** An AdmissionReview as an API server of Kubernetes 1.3x sends it (admission.k8s.io/v1). */
const review = (object: unknown, given: object = {}) => ({
  kind: 'AdmissionReview',
  apiVersion: 'admission.k8s.io/v1',
  request: {
    uid: UID,
    kind: { group: '', version: 'v1', kind: 'Pod' },
    resource: { group: '', version: 'v1', resource: 'pods' },
    requestKind: { group: '', version: 'v1', kind: 'Pod' },
    requestResource: { group: '', version: 'v1', resource: 'pods' },
    name: 'web-1',
    namespace: 'shop',
    operation: 'CREATE',
    userInfo: { username: 'system:serviceaccount:kube-system:replicaset-controller', groups: ['system:authenticated'] },
    object,
    oldObject: null,
    dryRun: false,
    options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    ...given,
  },
});
const container = (seccompProfile?: object, given: object = {}) => ({
  name: 'web',
  image: 'registry.example/web@sha256:0000',
  resources: {},
  securityContext: { allowPrivilegeEscalation: false, ...(seccompProfile && { seccompProfile }), ...given },
});
const pod = (...containers: object[]) => ({ kind: 'Pod', apiVersion: 'v1', metadata, spec: { containers } });
const localhost = (localhostProfile: string) => ({ type: 'Localhost', localhostProfile });
const spo = (spec: object) =>
  review(
    { apiVersion: 'security-profiles-operator.x-k8s.io/v1beta1', kind: 'SeccompProfile', metadata, spec },
    { kind: { group: 'security-profiles-operator.x-k8s.io', version: 'v1beta1', kind: 'SeccompProfile' } },
  );

const only = (...names: string[]) => ({
  defaultAction: 'SCMP_ACT_ERRNO',
  architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }],
});
const PROFILES: Record<string, string> = {
  'strict.json': JSON.stringify(only('read', 'write', 'exit_group')),
  'mounts.json': JSON.stringify(only('read', 'mount', 'bpf')),
  'open.json': JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW' }),
  'broken.json': '{ "defaultAction": ',
  'docker.json': JSON.stringify({
    ...only('read'),
    syscalls: [{ names: ['mount'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_ADMIN'] } }],
  }),
  'large.json': `{"defaultAction":"SCMP_ACT_ERRNO"${' '.repeat(1 << 20)}}`,
};

/** Other SeccompProfiles of the namespace. */
const BASES: Record<string, object> = {
  runtime: only('read', 'write', 'exit_group'),
  mounts: only('read', 'mount'),
  chain: { ...only('close'), baseProfileName: 'runtime' },
  round: { ...only('close'), baseProfileName: 'round' },
  wrong: { defaultAction: 'NONE' },
};

describe.runIf(hasOpenssl || process.env.CI)('the admission webhook, over HTTPS', () => {
  const workspace = new Workspace();
  const at = (name: string) => join(workspace.folder, name);
  const servers: ChildProcess[] = [];
  let ports: { usual: number; hasty: number };

  beforeAll(async () => {
    for (const [name, text] of Object.entries(PROFILES)) workspace.write(`profiles/${name}`, text);
    for (const [name, spec] of Object.entries(BASES)) {
      const object = { ...(spo(spec).request.object as object), metadata: { ...metadata, name } };
      workspace.write(`bases/shop/${name}.json`, JSON.stringify(object));
    }
    workspace.write('secret.json', PROFILES['strict.json'] as string);
    symlinkSync('../secret.json', at('profiles/link.json'));
    cpSync(`${ROOT}examples/admission/baseline.json`, at('baseline.json'));
    mkdirSync(at('tls'));
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('tls/tls.key')];
    execFileSync('openssl', ['req', '-x509', ...key, '-days', '2', '-out', at('tls/tls.crt'), ...subject], {
      stdio: 'ignore',
    });
    await build({
      entryPoints: ['server', 'worker'].map((name) => `${ROOT}examples/admission/${name}.ts`),
      ...{ bundle: true, format: 'esm', platform: 'node', outdir: workspace.folder, outExtension: { '.js': '.mjs' } },
      external: ['libseccomp-wasm', 'libseccomp-wasm/*'],
    });
    const [usual, hasty] = await Promise.all([start({}), start({ DEADLINE_MS: '1', RUNTIME_DEFAULT: 'deny' })]);
    ports = { usual, hasty };
  });
  afterAll(() => {
    for (const server of servers) server.kill();
    workspace.remove();
  });

  function start(env: object): Promise<number> {
    const settings = {
      ...{
        BASELINE: at('baseline.json'),
        PROFILES: at('profiles'),
        BASES: at('bases'),
        ARCHES: 'amd64',
        HOST: '127.0.0.1',
        PORT: '0',
      },
      ...{ TLS_CERT: at('tls/tls.crt'), TLS_KEY: at('tls/tls.key'), WORKER: pathToFileURL(at('worker.mjs')).href },
    };
    const server = spawn(process.execPath, [at('server.mjs')], { env: { ...process.env, ...settings, ...env } });
    servers.push(server);
    return new Promise((resolve, reject) => {
      let said = '';
      server.stderr.on('data', (data) => {
        said += data;
      });
      server.stdout.on('data', (data) => {
        const [, port] = /listening on (\d+)/.exec(`${data}`) ?? [];
        if (port) resolve(Number(port));
      });
      server.on('exit', (code) => reject(new Error(`the webhook ended with ${code}: ${said}`)));
    });
  }

  function post(body: string, port = ports.usual): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, method: 'POST', ca: readFileSync(at('tls/tls.crt')) };
      const sent = request({ ...options, headers: { 'content-type': 'application/json' } }, async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve({ status: response.statusCode as number, text });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Undefined where it is allowed, else the message that a user sees. */
  async function reason(body: unknown, port?: number): Promise<string | undefined> {
    const { status, text } = await post(typeof body === 'string' ? body : JSON.stringify(body), port);
    expect(status, text).toBe(200);
    const answer = JSON.parse(text);
    expect(answer).toMatchObject({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: UID },
    });
    const { allowed, status: why } = answer.response;
    expect(allowed).toBe(why === undefined);
    if (why) expect(why).toMatchObject({ code: 403, reason: 'Forbidden' });
    return why?.message;
  }

  it('allows profiles that are at least as strict as the baseline', async () => {
    expect(await reason(review(pod(container(localhost('strict.json')))))).toBeUndefined();
    expect(await reason(review(pod(container({ type: 'RuntimeDefault' }))))).toBeUndefined();
    const ofPod = pod(container());
    Object.assign(ofPod.spec, { securityContext: { seccompProfile: localhost('strict.json') } });
    expect(await reason(review(ofPod))).toBeUndefined();
    expect(await reason(spo(only('read', 'write')))).toBeUndefined();
    expect(await reason(review(null, { operation: 'DELETE', oldObject: pod(container()) }))).toBeUndefined();
  });

  it('denies those that allow more, and names the calls', async () => {
    expect(await reason(review(pod(container(localhost('mounts.json')))))).toMatch(
      /^seccomp: container "web": profile "mounts.json" allows more than the baseline on x86_64: .*\bmount\b.*\bbpf\b.*for example .*ALLOW, and ERRNO\(EPERM\) in the baseline$/,
    );
    expect(await reason(review(pod(container(localhost('open.json')))))).toMatch(
      /on x86_64: .* and \d+ more, for example/,
    );
    expect(await reason(spo({ defaultAction: 'SCMP_ACT_LOG' }))).toMatch(/^seccomp: this SeccompProfile allows more/);
    const strict = container(localhost('strict.json'));
    const weak = { ...container(localhost('mounts.json')), name: 'setup' };
    const mixed = pod(strict);
    Object.assign(mixed.spec, { initContainers: [weak] });
    expect(await reason(review(mixed))).toMatch(/container "setup": profile "mounts.json"/);
    const debugged = pod(strict);
    Object.assign(debugged.spec, { ephemeralContainers: [{ ...weak, name: 'debugger' }] });
    const update = { operation: 'UPDATE', subResource: 'ephemeralcontainers', oldObject: pod(strict) };
    expect(await reason(review(debugged, update))).toMatch(/container "debugger"/);
  });

  it.each([
    ['no profile', pod(container()), /names no seccompProfile, and then a node may run it Unconfined/],
    ['Unconfined', pod(container({ type: 'Unconfined' })), /of the type "Unconfined"/],
    ['an unknown type', pod(container({ type: 'Remote' })), /of the type "Remote", under which nothing is/],
    [
      'a privileged container',
      pod(container(localhost('strict.json'), { privileged: true })),
      /privileged, and runtimes give/,
    ],
    [
      'an override of the pod',
      pod(container(localhost('strict.json')), container({ type: 'Unconfined' })),
      /Unconfined/,
    ],
    ['a profile that it has not', pod(container(localhost('other.json'))), /has no profile "other.json": copy it/],
    ['a path up', pod(container(localhost('../secret.json'))), /is outside the folder/],
    ['a link out', pod(container(localhost('link.json'))), /is outside the folder/],
    ['an absolute path', pod(container(localhost('/etc/passwd'))), /has no profile/],
    [
      'a profile that is no JSON',
      pod(container(localhost('broken.json'))),
      /cannot be compared with the baseline: profile:1:/,
    ],
    ["a profile in Docker's format", pod(container(localhost('docker.json'))), /this is Docker's format, not OCI's/],
    ['a huge profile', pod(container(localhost('large.json'))), /larger than 1 MiB/],
    ['a folder', pod(container(localhost('.'))), /outside the folder/],
    ['no containers', pod(), /no containers/],
    ['containers that are none', { ...pod(), spec: { containers: 'all' } }, /names no seccompProfile/],
    ['nothing', null, /no containers/],
  ])('denies %s', async (_, object, expected) => {
    expect(await reason(review(object))).toMatch(expected);
  });

  it('takes a SeccompProfile with its base, which has to be known', async () => {
    const on = (baseProfileName: string) => spo({ ...only('close'), baseProfileName });
    expect(await reason(on('runtime'))).toBeUndefined();
    expect(await reason(on('chain'))).toBeUndefined();
    expect(await reason(on('mounts'))).toMatch(
      /^seccomp: this SeccompProfile allows more.*: mount, for example mount\(/,
    );
    expect(await reason(spo({ ...only('mount'), baseProfileName: 'runtime' }))).toMatch(/allows more.*: mount,/);
    expect(await reason(on('other'))).toMatch(/there is no profile "other" to extend/);
    expect(await reason(on('../shop/runtime'))).toMatch(/there is no profile/);
    expect(await reason(on('oci://registry.example.com/profiles/web:v1'))).toMatch(/cannot be compared/);
    expect(await reason(on('round'))).toMatch(/extends itself/);
    expect(await reason(on('wrong'))).toMatch(/cannot be compared.*NONE/);
    const elsewhere = on('runtime');
    Object.assign(elsewhere.request, { namespace: 'other' });
    expect(await reason(elsewhere)).toMatch(/there is no profile "runtime"/);
    // What was decided of a profile with a base holds as long as the base does.
    const mended = on('mounts');
    const file = at('bases/shop/mounts.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"mount"', '"lseek"'));
    expect(await reason(mended)).toBeUndefined();
  });

  it('denies what it does not know, and what it cannot read exactly', async () => {
    const kind = { group: 'apps', version: 'v1', kind: 'Deployment' };
    expect(await reason(review({}, { kind }))).toMatch(
      /decides on pods and SeccompProfiles, and not on "Deployment" of "apps"/,
    );
    expect(await reason(review(pod(), { operation: 'CONNECT' }))).toMatch(/CREATE and UPDATE, and not "CONNECT"/);
    expect(await reason({ ...review(pod()), apiVersion: 'admission.k8s.io/v1beta1' })).toMatch(/no AdmissionReview of/);
    expect(await reason(spo({ ...only('read'), baseProfileName: 'docker' }))).toMatch(/cannot be compared.*docker/);
    expect(
      await reason(spo({ defaultAction: 'SCMP_ACT_ERRNO', syscalls: [{ names: ['raed'], action: 'SCMP_ACT_ALLOW' }] })),
    ).toBeUndefined();
    expect(await reason(spo({ ...only('read'), defaultAction: 'NONE' }))).toMatch(/cannot be compared.*NONE/);
    const exact = JSON.stringify(spo({ ...only('write'), syscalls: [] })).replace(
      '"syscalls":[]',
      '"syscalls":[{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}]}]',
    );
    // Docker's allows socket of any family but AF_VSOCK; Node before 22 cannot read the number, and then it is denied.
    expect([undefined, expect.stringMatching(/past 2\^53/)]).toContainEqual(await reason(exact));
  });

  it('denies what is too large, too slow or no review', async () => {
    const huge = JSON.stringify(review(pod(container(localhost('strict.json')))));
    expect(await reason(`${huge.slice(0, -1)},"more":"${'x'.repeat(5 << 20)}"}`).catch((error) => `${error}`)).toMatch(
      /the request is larger than 4 MiB|EPIPE|ECONNRESET/,
    );
    expect(await reason(review(pod(container(localhost('open.json')))), ports.hasty)).toMatch(
      /not decided within 1 ms/,
    );
    expect(await reason(review(pod(container({ type: 'RuntimeDefault' }))))).toBeUndefined();
    expect((await post('hello')).status).toBe(400);
    expect(await reason(`{"request":{"uid":"${UID}"`)).toMatch(/the request is no JSON/);
  });

  it('does not start without a baseline', async () => {
    writeFileSync(at('bad.json'), '{}');
    await expect(start({ BASELINE: at('bad.json') })).rejects.toThrow(/ended with 1: .*bad\.json/s);
  });
});
