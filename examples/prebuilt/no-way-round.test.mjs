// What a tool that ships these filters runs in CI: on any host, about every machine, for every possible call.
import assert from 'node:assert/strict';
import test from 'node:test';
import { findArchitecture } from 'libseccomp-wasm';
import { assemble, implies, possibleDecisions, stackDecisions } from 'libseccomp-wasm/bpf';
import { loadLibseccomp } from 'libseccomp-wasm/libseccomp';
import { seccompFilter as noEscape } from './escape.filter.mjs';
import { seccompFilter as noSockets } from './sockets.filter.mjs';

/** process.arch of all Linux machines that Node.js has releases or ports for. */
const MACHINES = ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64'];

/** Calls that do the same, or can be used to: to deny one is to deny all of its line. */
const SIBLINGS = {
  'a socket': ['socket', 'socketpair', 'socketcall'],
  'io_uring, which makes sockets and opens files': ['io_uring_setup', 'io_uring_enter', 'io_uring_register'],
  'a mount': [
    'mount',
    'open_tree',
    'open_tree_attr',
    'move_mount',
    'fsopen',
    'fsconfig',
    'fsmount',
    'fspick',
    'mount_setattr',
  ],
  'an unmount': ['umount', 'umount2', 'pivot_root', 'chroot'],
  'a namespace': ['unshare', 'setns', 'clone3'],
  'the memory of another process': ['ptrace', 'process_vm_readv', 'process_vm_writev', 'process_madvise'],
  'the descriptors of another process': ['pidfd_getfd', 'kcmp'],
};

const libseccomp = await loadLibseccomp();
const runs = ({ kind }) => ['ALLOW', 'LOG', 'TRACE', 'NOTIFY'].includes(kind);

for (const machine of MACHINES) {
  const stack = [noEscape(machine), noSockets(machine)];
  const architecture = findArchitecture(stack[0].arches[0]);
  const decisions = stackDecisions(stack);

  for (const [what, names] of Object.entries(SIBLINGS)) {
    test(`${machine}: no ${what}`, () => {
      let asked = 0;
      for (const name of names) {
        const nr = libseccomp.resolveSyscallName(name, architecture);
        if (nr === undefined || nr < 0) continue; // not on this machine
        const allowed = possibleDecisions(decisions, { arch: architecture.auditArch, nr }).filter(({ action }) =>
          runs(action),
        );
        assert.deepEqual(allowed, [], `${name} passes`);
        asked++;
      }
      assert.ok(asked > 0);
    });
  }

  test(`${machine}: no clone with CLONE_NEWUSER`, () => {
    const nr = libseccomp.resolveSyscallName('clone', architecture);
    const flags = { mask: 0x10000000n, value: 0x10000000n };
    const args = machine === 's390x' ? [undefined, flags] : [flags];
    const allowed = possibleDecisions(decisions, { arch: architecture.auditArch, nr, args }).filter(({ action }) =>
      runs(action),
    );
    assert.deepEqual(allowed, []);
    // And threads can be made: a test that finds everything denied shows nothing.
    const thread = possibleDecisions(decisions, {
      arch: architecture.auditArch,
      nr,
      args: args.map((each) => each && { ...each, value: 0n }),
    });
    assert.ok(thread.some(({ action }) => runs(action)));
  });

  // The most that a filter may allow: all calls of its own machine. 32-bit programs have other numbers, x32 as well.
  test(`${machine}: no call of another ABI`, () => {
    const fence = assemble(
      [
        `.arch ${architecture.name}`,
        'A = arch',
        `if (A != ${architecture.name}) goto no`,
        // -1 is what a tracer makes of a call that it skips
        ...(machine === 'x64' ? ['A = nr', 'if (A == 0xffffffff) goto yes', 'if (A >= 0x40000000) goto no'] : []),
        'yes: return ALLOW',
        'no: return KILL_THREAD',
      ].join('\n'),
    );
    for (const filter of stack) assert.equal(implies(filter, fence).holds, true);
  });
}
