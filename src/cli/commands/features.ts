import type { Command } from 'commander';
import { type SeccompFeatures, seccompFeatures } from '../../../native-loader/index.js';
import { ARCHITECTURES } from '../../architecture.js';
import { loadLibseccompSync } from '../../libseccomp/index.js';
import { VERSION } from '../../version.js';
import { addOptions } from '../options.js';
import { print } from '../output.js';

export function addFeaturesCommand(program: Command): void {
  const command = program
    .command('features')
    .summary('show what this kernel and this build support')
    .description('Show what this kernel can do with seccomp filters, and what this build compiles. Installs nothing.');
  addOptions(command, { json: true }).action(features);
}

interface Build {
  version: string;
  libseccomp: string;
  architectures: string[];
}

function features({ json }: { json?: boolean }): void {
  const build: Build = {
    version: VERSION,
    libseccomp: loadLibseccompSync().version,
    architectures: ARCHITECTURES.map(({ name }) => name),
  };
  const kernel = seccompFeatures();
  print(json ? `${JSON.stringify({ build, kernel }, null, 2)}\n` : `${describe(build, kernel)}\n`);
}

function describe(build: Build, kernel: SeccompFeatures): string {
  const yesNo = (value: boolean | null) => (value === null ? 'unknown' : value ? 'yes' : 'no');
  const { notifSizes, actionsLogged, process } = kernel;
  const rows: [string, string][] = [
    ['scmp', build.version],
    ['libseccomp', build.libseccomp],
    ['compiles for', build.architectures.join(' ')],
    ['kernel', `${kernel.kernel} (${kernel.architecture})`],
    ['seccomp(2)', yesNo(kernel.seccomp)],
    ...Object.entries(kernel.actions).map(([name, there]): [string, string] => [`action ${name}`, yesNo(there)]),
    ...Object.entries(kernel.flags).map(([name, there]): [string, string] => [`flag ${name}`, yesNo(there)]),
    ['actions logged', actionsLogged?.join(' ') ?? 'unknown'],
    ['notification', notifSizes ? `${notifSizes.notif} bytes, response ${notifSizes.response} bytes` : 'no'],
    ['no_new_privs here', yesNo(process.noNewPrivs)],
    ['seccomp mode here', `${process.mode ?? 'unknown'}${process.filters ? `, ${process.filters} filters` : ''}`],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`).join('\n');
}
