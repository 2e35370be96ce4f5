// Writes src/profile/formats/systemd/groups.ts: what `systemd-analyze syscall-filter` prints of each systemd below, from
// Debian's packages, which are unpacked in a temporary folder. On Debian 12 or later, x86-64:
// node scripts/generate-systemd-groups.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SYSTEMD_PACKAGES, unpackSystemd } from './systemd-packages.mjs';

/** `@group: members`, in lines. */
function groupsOf(version) {
  const folder = mkdtempSync(join(tmpdir(), 'systemd-groups-'));
  try {
    unpackSystemd(version, folder);
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

const versions = Object.keys(SYSTEMD_PACKAGES);
writeFileSync(
  new URL('../src/profile/formats/systemd/groups.ts', import.meta.url),
  `// Made by scripts/generate-systemd-groups.mjs: facts of systemd ${versions.join(' and ')}, as their systemd-analyze(1) list them.

/** The groups of each systemd: \`@group: members\`, which are system calls and other groups. */
export const SYSTEMD_GROUPS_TEXTS = {
${versions.map((version) => `  ${version}: \`\n${groupsOf(version)}\n\`,`).join('\n')}
} as const;
`,
);
