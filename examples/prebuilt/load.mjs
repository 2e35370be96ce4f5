// Runs a command under both filters: node load.mjs COMMAND ARGUMENT...
// The kernel asks all filters of a stack, and takes the strictest answer.
import { installAndExec, installFilter } from 'libseccomp-wasm/loader';
import { seccompFilter as noEscape } from './escape.filter.mjs';
import { seccompFilter as noSockets } from './sockets.filter.mjs';

const [command, ...args] = process.argv.slice(2);
if (command === undefined) throw new Error('which command?');
installFilter(noEscape(), { noNewPrivs: true });
installAndExec({ filter: noSockets(), command, args });
