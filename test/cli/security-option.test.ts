import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readInputProfile } from '../../src/cli/read-input-profile.js';

const PROFILE = '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["ptrace"], "action": "SCMP_ACT_ERRNO"}]}';
const COMPOSE = `# two services
x-common: &common
  security_opt:
    - no-new-privileges:true
    - seccomp:web/filter.json
services:
  web:
    <<: *common
    image: web
  db:
    security_opt: ["seccomp=unconfined"]
  cache:
    image: cache
`;

describe('a value of --security-opt', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scmp-security-'));
  const file = (name: string) => join(folder, name);
  beforeAll(() => {
    mkdirSync(file('web'));
    writeFileSync(file('web/filter.json'), PROFILE);
    writeFileSync(file('compose.yaml'), COMPOSE);
    writeFileSync(file('alone.yaml'), 'services:\n  web:\n    security_opt:\n      - seccomp=./web/filter.json\n');
    writeFileSync(file('none.yaml'), 'services:\n  web:\n    image: web\n');
    writeFileSync(file('value.txt'), '--security-opt seccomp=web/filter.json\n');
    writeFileSync(file('broken.yaml'), 'services:\n  web: [\n');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const denied = async (path: string, document?: string) => {
    const { seccomp, source } = await readInputProfile(path, { document, ociLayout: [], arch: [] });
    return `${source?.replace(folder, '')}: ${seccomp.syscalls?.[0]?.names}`;
  };

  it('is a file, JSON, or the built-in profile', async () => {
    expect(await denied(`seccomp=${file('web/filter.json')}`)).toBe('/web/filter.json: ptrace');
    expect(await denied(`seccomp:${file('web/filter.json')}`)).toBe('/web/filter.json: ptrace');
    expect(await denied(`seccomp=${PROFILE}`)).toBe('seccomp=: ptrace');
    expect(await denied(file('value.txt'))).toBe('/web/filter.json: ptrace');
    expect(await readInputProfile('seccomp=builtin', { ociLayout: [], arch: [] })).toMatchObject({
      source: 'builtin:docker',
    });
  });

  it('stands in a compose file', async () => {
    expect(await denied(file('alone.yaml'))).toBe('/web/filter.json: ptrace');
    expect(await denied(file('alone.yaml'), 'web')).toBe('/web/filter.json: ptrace');
    expect(await denied(file('compose.yaml'), 'web')).toBe('/web/filter.json: ptrace');
  });

  it.each([
    ['seccomp=unconfined', undefined, 'seccomp=unconfined installs no filter: every call is allowed'],
    ['seccomp=', undefined, 'seccomp= names nothing'],
    ['seccomp=nosuch.json', undefined, 'nosuch.json: no such file'],
    ['compose.yaml', undefined, 'services with different profiles: web, db; choose one (--document NAME)'],
    ['compose.yaml', 'db', 'installs no filter'],
    ['compose.yaml', 'cache', 'the service "cache" has no security_opt of seccomp'],
    ['compose.yaml', 'wed', 'no service "wed"; there are web, db, cache'],
    ['none.yaml', undefined, "the engine's own profile applies; Docker's is builtin:docker"],
    ['broken.yaml', undefined, 'no YAML'],
  ])('%s %s is an error that says what to do', async (name, service, message) => {
    const path = name.endsWith('.yaml') ? file(name) : name;
    await expect(readInputProfile(path, { document: service, ociLayout: [], arch: [] })).rejects.toThrow(message);
  });
});
