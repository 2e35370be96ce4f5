// Writes src/libseccomp/version-tables.ts: what the libseccomps that distributions ship know otherwise than ours. Each is the
// shared library of a Debian package, pinned by its hash, taken from the mirror that apt is set up with, and asked for every
// name. Run it after ./build.sh on x86-64 as: node scripts/generate-libseccomp-versions.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import { ARCHITECTURES } from '../dist/index.js';
import { listSyscalls, loadLibseccompSync } from '../dist/libseccomp.js';

const PACKAGES = [
  {
    version: '2.5.4',
    file: 'libseccomp2_2.5.4-1+deb12u1_amd64.deb',
    sha256: '108fe67957ca7cf9ba51d801118a1b37d404bea7b6e365025cd00779e9eca38d',
  },
  {
    version: '2.6.0',
    file: 'libseccomp2_2.6.0-2_amd64.deb',
    sha256: '89d5138e05fb6a86b9afd8b54dc0fb4b14f4c27c05e6c5f767c2132bdf808531',
  },
  {
    version: '2.6.1',
    file: 'libseccomp2_2.6.1-1+b2_amd64.deb',
    sha256: '2d97c9f6ce55043caff1f6818ff9f85693528604f9d7538bd1ff61a492db8567',
  },
];

const run = (command, ...args) => execFileSync(command, args, { encoding: 'utf8' });
const mirror = run('apt-get', 'indextargets', '--format', '$(REPO_URI)')
  .split('\n')
  .find((uri) => /\/debian\/$/.test(uri));

/** The functions of a package's library. */
function load({ file, sha256 }, folder) {
  const url = `${mirror}pool/main/libs/libseccomp/${file}`;
  run('/usr/lib/apt/apt-helper', 'download-file', url, join(folder, file), `SHA256:${sha256}`);
  const content = join(folder, `${file}.d`);
  run('dpkg-deb', '-x', join(folder, file), content);
  const libraries = join(content, 'usr/lib/x86_64-linux-gnu');
  const library = koffi.load(
    join(
      libraries,
      readdirSync(libraries).find((name) => /\.so\.\d+\.\d+\.\d+$/.test(name)),
    ),
  );
  return {
    numberOf: library.func('int seccomp_syscall_resolve_name_arch(uint32_t, const char *)'),
    nameOf: library.func('char *seccomp_syscall_resolve_num_arch(uint32_t, int)'),
    tokenOf: library.func('uint32_t seccomp_arch_resolve_name(const char *)'),
  };
}

const ours = loadLibseccompSync();
const known = new Set(
  ARCHITECTURES.flatMap((architecture) => listSyscalls(ours, architecture).map(({ name }) => name)),
);

/** Names and architectures that a library has not, and calls that have a number on one side alone. */
function compare({ numberOf, nameOf, tokenOf }) {
  const architectures = ARCHITECTURES.filter(({ name }) => tokenOf(name) !== 0);
  const unknown = [...known].filter((name) => numberOf(architectures[0].token, name) === -1);
  const differing = architectures.flatMap((architecture) =>
    [...known]
      .filter((name) => !unknown.includes(name))
      .filter((name) => {
        const [theirs, own] = [numberOf(architecture.token, name), ours.resolveSyscallName(name, architecture)];
        return theirs !== own && (theirs >= 0 || own >= 0);
      })
      .map((name) => ({ architecture: architecture.name, name, number: numberOf(architecture.token, name) })),
  );
  for (const { name: architecture, token } of architectures) {
    for (let number = 0; number < 1024; number++) {
      const name = nameOf(token, number);
      if (name && ours.resolveSyscallName(name, 'x86_64') === undefined)
        throw new Error(`${architecture} ${name}: not ours`);
    }
  }
  return {
    architectures: ARCHITECTURES.filter((each) => !architectures.includes(each)).map(({ name }) => name),
    unknown: unknown.sort(),
    differing: differing.map((each) => ({ ...each, number: each.number < 0 ? undefined : each.number })),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'libseccomp-versions-'));
const tables = PACKAGES.map((each) => [each.version, each.file, compare(load(each, folder))]);
rmSync(folder, { recursive: true });

const code = (value) =>
  JSON.stringify(value)
    .replace(/"(\w+)":/g, '$1: ')
    .replaceAll('"', "'");
const target = new URL('../src/libseccomp/version-tables.ts', import.meta.url);
writeFileSync(
  target,
  `// Made by scripts/generate-libseccomp-versions.mjs: facts of libseccomp's system call tables.
import type { ArchitectureName } from '../architecture.js';

/** The differences between a released libseccomp and the one in this package. */
export interface VersionTable {
  /** Architectures that it does not know. */
  architectures: readonly ArchitectureName[];
  /** Names that it does not know on any architecture. */
  unknown: readonly string[];
  /** Calls that have a number on an architecture only there, or only here. */
  differing: readonly { architecture: ArchitectureName; name: string; number?: number }[];
}

export const VERSION_TABLES = {
${tables.map(([version, file, table]) => `  // ${file}\n  '${version}': ${code(table)},`).join('\n')}
} as const satisfies Readonly<Record<string, VersionTable>>;
`,
);
run('npx', 'biome', 'check', '--write', target.pathname);
