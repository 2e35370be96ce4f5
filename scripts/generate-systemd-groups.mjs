// Writes src/profile/formats/systemd/groups.ts: what `systemd-analyze syscall-filter` prints of the systemd on this
// machine. Run it, with another systemd on PATH if need be, as: node scripts/generate-systemd-groups.mjs
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const run = (...args) =>
  execFileSync('systemd-analyze', args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
const version = /^systemd (\d+)/.exec(run('--version'))[1];

const groups = [];
for (const line of run('syscall-filter').split('\n')) {
  // Behind the groups come the calls of this machine's kernel that are in none.
  if (line.startsWith('#')) break;
  if (line.startsWith('@')) groups.push([line.trim()]);
  else if (line.trim() !== '' && !line.trim().startsWith('#')) groups.at(-1).push(line.trim());
}

const wrapped = groups.map(([name, ...members]) => {
  const lines = [`${name}:`];
  for (const member of members) {
    if (lines.at(-1).length + member.length > 115) lines.push(' ');
    lines.push(`${lines.pop()} ${member}`);
  }
  return lines.join('\n');
});

writeFileSync(
  new URL('../src/profile/formats/systemd/groups.ts', import.meta.url),
  `// Made by scripts/generate-systemd-groups.mjs: facts of systemd ${version}, as its systemd-analyze(1) lists them.

/** The systemd whose groups these are; other versions have other members. */
export const SYSTEMD_VERSION = ${version};

/** \`@group: members\`, which are system calls and other groups. */
export const SYSTEMD_GROUPS_TEXT = \`
${wrapped.join('\n')}
\`;
`,
);
