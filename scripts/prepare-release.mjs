// What a release needs that the repository does not have: where it is. RELEASING.md tells the whole.
//
//   REPOSITORY_URL=https://HOST/OWNER/NAME node scripts/prepare-release.mjs vX.Y.Z
//       looks that the tag is the version's and that CHANGELOG.md has its entry, writes the address into package.json, and
//       prints the entry
//   node scripts/prepare-release.mjs --check
//       fails where package.json has no address, or dist/ lacks a launcher or tracer (npm runs it before it publishes)
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const die = (message) => {
  console.error(`prepare-release: ${message} (see RELEASING.md)`);
  process.exit(1);
};
const [argument] = process.argv.slice(2);
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

if (argument === '--check') {
  for (const key of ['repository', 'bugs', 'homepage']) {
    if (!manifest[key]) die(`package.json has no ${key}: the release workflow fills it in from REPOSITORY_URL`);
  }
  // A build without clang leaves them out, and says so: a package without them would start sandboxes by Node there.
  const [, table] =
    /^LAUNCHERS='\n([^']+)'$/m.exec(readFileSync('build.sh', 'utf8')) ?? die('build.sh has no LAUNCHERS');
  const architectures = table
    .trim()
    .split('\n')
    .map((line) => line.split(/\s/)[0]);
  const programs = architectures.flatMap((each) => [`launcher-linux-${each}`, `tracer-linux-${each}`]);
  const lacking = programs.filter((each) => !existsSync(`dist/launcher/${each}`));
  if (lacking.length > 0) die(`dist/launcher lacks ${lacking.join(', ')}: build.sh makes them with clang and lld 19`);
  process.exit(0);
}

if (argument !== `v${manifest.version}`)
  die(`the tag is ${argument ?? 'missing'}, and the version ${manifest.version}`);
const [, entry] =
  readFileSync('CHANGELOG.md', 'utf8')
    .split(/^## /m)
    .map((section) => /^(\S+) - \d{4}-\d\d-\d\d\n([\s\S]*)$/.exec(section))
    .filter((match) => match?.[1] === manifest.version)
    .map(([, , text]) => [undefined, text.trim()])[0] ?? [];
if (!entry) die(`CHANGELOG.md has no entry "## ${manifest.version} - YYYY-MM-DD" with something in it`);

const url = process.env.REPOSITORY_URL ?? '';
if (!/^https:\/\/[\w.-]+(:\d+)?\/[\w.-]+\/[\w.-]+$/.test(url)) {
  die(`REPOSITORY_URL is ${url ? `"${url}"` : 'not set'}, and has to be https://HOST/OWNER/NAME`);
}
const { name, version, description, ...rest } = manifest;
const address = {
  homepage: `${url}#readme`,
  bugs: { url: `${url}/issues` },
  repository: { type: 'git', url: `git+${url}.git` },
};
writeFileSync('package.json', `${JSON.stringify({ name, version, description, ...address, ...rest }, null, 2)}\n`);
console.log(entry);
