// What a release needs that the repository does not have: where it is. RELEASING.md tells the whole.
//
//   REPOSITORY_URL=https://HOST/OWNER/NAME node scripts/prepare-release.mjs vX.Y.Z
//       looks that the tag is the version's and that CHANGELOG.md has its entry, writes the address into package.json, and
//       prints the entry
//   node scripts/prepare-release.mjs --check
//       fails where package.json has no address (npm runs it before it publishes)
import { readFileSync, writeFileSync } from 'node:fs';

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
