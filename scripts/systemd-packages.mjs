// Unpacks Debian's packages of a systemd, of which nothing is installed. On Debian 12 or later, x86-64:
// node scripts/systemd-packages.mjs VERSION FOLDER
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

/** Paths below pool/main/s/systemd of Debian's mirror, and sha256. The newest is last. */
export const SYSTEMD_PACKAGES = {
  252: {
    'systemd_252.39-1~deb12u2_amd64.deb': '286f879c537bfba92e59d580c075ad20ab49020244c79634656850a306dd462b',
    'libsystemd-shared_252.39-1~deb12u2_amd64.deb': '01458465c816b9eb63b92241869ddb46f332b8f498cf7a5979b84ec293cfdfda',
    'libsystemd0_252.39-1~deb12u2_amd64.deb': '013c07514a9e4933b2d5c098018695a6aa42d085dbc483ce2c094a954c8a1b0a',
  },
  262: {
    'systemd_262-1_amd64.deb': '6de3a3df3fb9d264b48c6306b55fb4d83f6114a25ad6299b3bd83e5bc28436d2',
    'systemd-container_262-1_amd64.deb': '6b09555464fe97486b6b2e3c9a2a52e8eb81708ca0fff8712d6a2542da86299b',
    'libsystemd-shared_262-1_amd64.deb': '66978b0102d1da834afa5ec670f8f6a1ded893be9fbe08fa2a5c95c152f90b51',
    'libsystemd0_262-1_amd64.deb': '4d28018b91c1f7e605c0e35a2f5be0cb00dd7d8afaea93d15a9bc554343bb7ac',
  },
};

/** Unpack all packages of a systemd below a folder. */
export function unpackSystemd(version, folder) {
  const run = (command, ...args) => execFileSync(command, args, { encoding: 'utf8' });
  const mirrors = [...new Set(run('apt-get', 'indextargets', '--format', '$(REPO_URI)').trim().split('\n'))];
  for (const [name, sha256] of Object.entries(SYSTEMD_PACKAGES[version])) {
    const file = join(folder, 'package.deb');
    const isHere = mirrors.some((mirror) => {
      const address = `${mirror.replace(/\/?$/, '/')}pool/main/s/systemd/${name}`;
      try {
        const args = ['download-file', address, file, `SHA256:${sha256}`];
        execFileSync('/usr/lib/apt/apt-helper', args, { stdio: 'ignore' });
        return true;
      } catch {
        return false;
      }
    });
    if (!isHere) throw new Error(`no package mirror of apt has ${name}`);
    run('dpkg', '-x', file, folder);
    rmSync(file);
  }
}

if (process.argv[1]?.endsWith('systemd-packages.mjs')) {
  const [version, folder] = process.argv.slice(2);
  if (folder === undefined || !(version in SYSTEMD_PACKAGES)) {
    console.error(`usage: node scripts/systemd-packages.mjs ${Object.keys(SYSTEMD_PACKAGES).join('|')} FOLDER`);
    process.exit(2);
  }
  unpackSystemd(version, folder);
}
