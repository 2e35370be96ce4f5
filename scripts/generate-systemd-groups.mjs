// Writes src/profile/formats/systemd/groups.ts: what `systemd-analyze syscall-filter` prints of each systemd below, from
// Debian's packages, which are unpacked in a temporary folder. On Debian 12 or later, x86-64:
// node scripts/generate-systemd-groups.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Paths below pool/main/s/systemd of Debian's mirror, and sha256. The newest is last. */
const PACKAGES = {
  252: {
    'systemd_252.39-1~deb12u2_amd64.deb': '286f879c537bfba92e59d580c075ad20ab49020244c79634656850a306dd462b',
    'libsystemd-shared_252.39-1~deb12u2_amd64.deb': '01458465c816b9eb63b92241869ddb46f332b8f498cf7a5979b84ec293cfdfda',
    'libsystemd0_252.39-1~deb12u2_amd64.deb': '013c07514a9e4933b2d5c098018695a6aa42d085dbc483ce2c094a954c8a1b0a',
  },
  262: {
    'systemd_262-1_amd64.deb': '6de3a3df3fb9d264b48c6306b55fb4d83f6114a25ad6299b3bd83e5bc28436d2',
    'libsystemd-shared_262-1_amd64.deb': '66978b0102d1da834afa5ec670f8f6a1ded893be9fbe08fa2a5c95c152f90b51',
    'libsystemd0_262-1_amd64.deb': '4d28018b91c1f7e605c0e35a2f5be0cb00dd7d8afaea93d15a9bc554343bb7ac',
  },
};

const run = (command, ...args) => execFileSync(command, args, { encoding: 'utf8' });
const mirrors = [...new Set(run('apt-get', 'indextargets', '--format', '$(REPO_URI)').trim().split('\n'))];

function unpack(name, sha256, folder) {
  const file = join(folder, 'package.deb');
  for (const mirror of mirrors) {
    const address = `${mirror.replace(/\/?$/, '/')}pool/main/s/systemd/${name}`;
    try {
      execFileSync('/usr/lib/apt/apt-helper', ['download-file', address, file, `SHA256:${sha256}`], {
        stdio: 'ignore',
      });
    } catch {
      continue;
    }
    run('dpkg', '-x', file, folder);
    rmSync(file);
    return;
  }
  throw new Error(`no package mirror of apt has ${name}`);
}

/** `@group: members`, in lines. */
function groupsOf(version) {
  const folder = mkdtempSync(join(tmpdir(), 'systemd-groups-'));
  try {
    for (const [name, sha256] of Object.entries(PACKAGES[version])) unpack(name, sha256, folder);
    const libraries = join(folder, 'usr/lib/x86_64-linux-gnu');
    const env = { ...process.env, LC_ALL: 'C', LD_LIBRARY_PATH: `${libraries}/systemd:${libraries}` };
    const analyze = (...args) => {
      return execFileSync(join(folder, 'usr/bin/systemd-analyze'), args, {
        encoding: 'utf8',
        env,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    };
    if (!analyze('--version').startsWith(`systemd ${version} `)) throw new Error(`this is not systemd ${version}`);
    const groups = [];
    for (const line of analyze('syscall-filter').split('\n')) {
      // Behind the groups come the calls of this machine's kernel that are in none.
      if (line.startsWith('#')) break;
      if (line.startsWith('@')) groups.push([line.trim()]);
      else if (line.trim() !== '' && !line.trim().startsWith('#')) groups.at(-1).push(line.trim());
    }
    return groups
      .map(([name, ...members]) => {
        const lines = [`${name}:`];
        for (const member of members) {
          if (lines.at(-1).length + member.length > 115) lines.push(' ');
          lines.push(`${lines.pop()} ${member}`);
        }
        return lines.join('\n');
      })
      .join('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const versions = Object.keys(PACKAGES);
writeFileSync(
  new URL('../src/profile/formats/systemd/groups.ts', import.meta.url),
  `// Made by scripts/generate-systemd-groups.mjs: facts of systemd ${versions.join(' and ')}, as their systemd-analyze(1) list them.

/** The groups of each systemd: \`@group: members\`, which are system calls and other groups. */
export const SYSTEMD_GROUPS_TEXTS = {
${versions.map((version) => `  ${version}: \`\n${groupsOf(version)}\n\`,`).join('\n')}
} as const;
`,
);
