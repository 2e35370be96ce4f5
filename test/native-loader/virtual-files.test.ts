import { openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type VirtualFile, virtualFiles } from '../../native-loader/index.js';
import { VirtualPaths } from '../../native-loader/virtual-files/path-walk.js';
import { readStatus } from '../../native-loader/virtual-files/proc-status.js';
import { InvalidArgumentError } from '../../src/errors.js';

const bytes = Buffer.from('x');
const make = (files: unknown, options?: unknown) => () =>
  virtualFiles(files as Record<string, VirtualFile>, options as Parameters<typeof virtualFiles>[1]);

describe('virtualFiles', () => {
  it.each(['', '/', 'etc/hosts', './x', '/etc/', '//etc', '/etc//hosts', '/etc/./hosts', '/etc/..', '/../x', '/a\0b'])(
    'does not take %j for a path',
    (path) => expect(make({ [path]: bytes })).toThrow(InvalidArgumentError),
  );

  it.each(['/...', '/..a/.b', '/a b', '/a\nb', '/é'])('takes %j for a path', (path) => {
    expect(make({ [path]: bytes })).not.toThrow();
  });

  it.each([
    ['a text', 'text', /bytes or a function, not string; of a text it is Buffer\.from\(text\)/],
    ['nothing', undefined, /not undefined/],
    ['a number that is no descriptor', -1, /-1 is no open descriptor/],
    ['half a descriptor', 0.5, /0\.5 is no open descriptor/],
    ['a promise', Promise.resolve(bytes), /not object/],
  ])('does not take %s for a file', (_, file, message) => expect(make({ '/v': file })).toThrow(message));

  it.runIf(process.platform === 'linux').each([
    ['a descriptor that is not open', () => 100_000, /100000 is no open descriptor \(EBADF\)/],
    ['a directory', () => openSync('/', 'r'), /is a directory/],
    ['an O_PATH descriptor', () => openSync('/etc/passwd', 0o10000000), /is O_PATH/],
  ])('does not take %s for a file', (_, open, message) => expect(make({ '/v': open() })).toThrow(message));

  it('does not take one file below another', () => {
    expect(make({ '/a/b': bytes, '/a': bytes })).toThrow('"/a" is a file, so that "/a/b" cannot be below it');
    expect(make({ '/a': bytes, '/ab': bytes })).not.toThrow();
  });

  it.each([null, 'continue', { kind: 'continue' }, { kind: 'value', value: 3 }, { kind: 'errno', errno: 'NO' }])(
    'does not take %j for the rest',
    (otherwise) => expect(make({}, { otherwise })).toThrow(InvalidArgumentError),
  );

  it('names an option that it does not have', () => {
    expect(make({}, { otherwize: 'openAsChild' })).toThrow('did you mean otherwise?');
    expect(make([])).toThrow(InvalidArgumentError);
    expect(make(null)).toThrow(InvalidArgumentError);
  });
});

describe('the paths of virtual files', () => {
  const paths = new VirtualPaths(['/a/b/c', '/d']);
  it('are files, and what is above them directories', () => {
    expect(['a/b/c', 'd'].map((path) => paths.isFile(path.split('/')))).toEqual([true, true]);
    expect(['a', 'a/b', 'a/b/c', 'd', 'b', 'a/b/c/d'].map((path) => paths.isAbove(path.split('/')))).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(['a/b', 'A/b/c', ''].map((path) => paths.isFile(path.split('/')))).toEqual([false, false, false]);
  });
});

it.runIf(process.platform === 'linux')('reads ids that are ids, also of a process without groups', () => {
  const { identity, processIds } = readStatus('self');
  for (const id of [identity.uid, identity.gid, ...identity.groups]) expect(Number.isInteger(id)).toBe(true);
  expect(identity.groups).not.toContain(process.pid);
  expect([identity.uid, processIds.at(0)]).toEqual([process.geteuid?.(), process.pid]);
});
