import { describe, expect, it } from 'vitest';
import { parseContainerProcessState } from '../../native-loader/container/container-state.js';

// The example of the OCI runtime spec, config-linux.md, "Container Process State".
const example = {
  ociVersion: '1.0.2',
  fds: ['seccompFd'],
  pid: 4422,
  metadata: 'MKNOD=/dev/null,/dev/net/tun;BPF_MAP_TYPES=hash,array',
  state: {
    ociVersion: '1.0.2',
    id: 'oci-container1',
    status: 'creating',
    pid: 4422,
    bundle: '/containers/redis',
    annotations: { myKey: 'myValue' },
  },
};

describe('parseContainerProcessState', () => {
  it("reads the spec's example, and leaves out what the spec does not know", () => {
    expect(parseContainerProcessState(JSON.stringify(example), 1)).toEqual(example);
    expect(parseContainerProcessState(JSON.stringify({ ...example, more: 1 }), 1)).toEqual(example);
  });

  it('reads several descriptors by their names', () => {
    const { fds } = parseContainerProcessState(JSON.stringify({ ...example, fds: ['other', 'seccompFd'] }), 2);
    expect(fds).toEqual(['other', 'seccompFd']);
  });

  it.each([
    ['as many descriptors as it names', example, 0],
    ['as many descriptors as it names', example, 2],
    ['one seccompFd', { ...example, fds: ['other'] }, 1],
    ['one seccompFd', { ...example, fds: ['seccompFd', 'seccompFd'] }, 2],
    ['names', { ...example, fds: [1] }, 1],
    ['a process id', { ...example, pid: '1' }, 1],
    ['a process id', { ...example, pid: -1 }, 1],
    ['a state', { ...example, state: null }, 1],
    ['a bundle', { ...example, state: { ...example.state, bundle: undefined } }, 1],
    ['an object', [], 1],
  ])('wants %s', (_, message, descriptors) => {
    expect(() => parseContainerProcessState(JSON.stringify(message), descriptors)).toThrow(
      expect.objectContaining({ name: 'SupervisorError', code: 'CONTAINER_STATE' }),
    );
  });
});
