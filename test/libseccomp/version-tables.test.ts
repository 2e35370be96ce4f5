import { existsSync, realpathSync } from 'node:fs';
import koffi from 'koffi';
import { expect, it } from 'vitest';
import { ARCHITECTURES } from '../../src/architecture.js';
import { listSyscalls, loadLibseccompSync } from '../../src/libseccomp/index.js';
import { VERSION_TABLES, type VersionTable } from '../../src/libseccomp/version-tables.js';

// The tables are made from packages; here the library of this machine is asked, where it is one of them.
const LIBRARY = '/usr/lib/x86_64-linux-gnu/libseccomp.so.2';
const path = existsSync(LIBRARY) ? realpathSync(LIBRARY) : '';
const version = /\.so\.(\d+\.\d+\.\d+)$/.exec(path)?.[1];
const table: VersionTable | undefined = VERSION_TABLES[version as keyof typeof VERSION_TABLES];
if (!table) console.warn(`SKIPPED: no libseccomp of ${Object.keys(VERSION_TABLES).join(', ')} at ${LIBRARY}`);

it.skipIf(!table)('this machine’s libseccomp knows what its table says', () => {
  const library = koffi.load(path);
  const numberOf = library.func('int seccomp_syscall_resolve_name_arch(uint32_t, const char *)');
  const tokenOf = library.func('uint32_t seccomp_arch_resolve_name(const char *)');
  const { architectures, unknown, differing } = table as VersionTable;
  const ours = loadLibseccompSync();
  for (const architecture of ARCHITECTURES) {
    const { name, token } = architecture;
    expect(`${name} ${tokenOf(name) !== 0}`).toBe(`${name} ${!architectures.includes(name)}`);
    if (architectures.includes(name)) continue;
    for (const { name: call, number } of listSyscalls(ours, architecture)) {
      const other = differing.find((each) => each.architecture === name && each.name === call);
      if (other) continue;
      const expected = unknown.includes(call) ? -1 : ours.resolveSyscallName(call, architecture);
      if (numberOf(token, call) !== expected)
        expect(`${name} ${call} ${number}: ${numberOf(token, call)}`).toBe(`${expected}`);
    }
  }
});
