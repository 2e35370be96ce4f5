// Writes src/syscalls/syscall-numbers.ts: the names and numbers of every architecture's system calls, of the wasm's tables.
// Run it after ./build.sh as: node scripts/generate-syscall-numbers.mjs
import { writeFileSync } from 'node:fs';
import { ARCHITECTURES } from '../dist/index.js';
import { listSyscalls, loadLibseccompSync } from '../dist/libseccomp.js';

const OUTPUT = 'src/syscalls/syscall-numbers.ts';

const libseccomp = loadLibseccompSync();

/** Names in the order of their numbers; a number stands where one is left out. */
function write(calls) {
  const words = [];
  let next = 0;
  for (const { name, number } of calls) {
    if (number !== next) words.push(number);
    words.push(name);
    next = number + 1;
  }
  return words.join(' ');
}

function wrap(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + word.length < 110) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}

const tables = new Map();
for (const architecture of ARCHITECTURES) {
  const calls = listSyscalls(libseccomp, architecture);
  // MIPS and x32 count from a base, as src/syscalls/syscall-name.ts does.
  const first = calls[0].number < 1000 ? 0 : calls[0].number;
  const text = write(calls.map(({ name, number }) => ({ name, number: number - first })));
  const same = tables.get(text) ?? [];
  tables.set(text, [...same, `${architecture.name} ${first}`]);
}
const entries = [...tables].map(
  ([text, owners]) => `  [\n    '${owners.join(', ')}',\n    \`\n${wrap(text)}\n\`,\n  ],\n`,
);
writeFileSync(
  OUTPUT,
  `// Made by scripts/generate-syscall-numbers.mjs of libseccomp's tables with this package's patches.

/**
 * By architectures, each with the number that its table starts at: libseccomp's names in the order of their numbers.
 * The first is number 0, and a number in between is that of the name after it.
 */
export const SYSCALL_NUMBERS: readonly (readonly [architectures: string, names: string])[] = [
${entries.join('')}];
`,
);
