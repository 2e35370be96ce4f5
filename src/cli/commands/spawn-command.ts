import { type SandboxedProcess, spawnSandboxed } from '../../../native-loader/index.js';
import { isForegroundJob } from '../terminal.js';

/**
 * `spawnSandboxed`, with signals that end it passed on to the command: SIGINT and SIGQUIT where no terminal has sent them to
 * the command as well. It may run before its launch is settled here: what comes until then waits.
 */
export async function spawnCommand(...args: Parameters<typeof spawnSandboxed>): Promise<SandboxedProcess> {
  const early: NodeJS.Signals[] = [];
  let pass = (signal: NodeJS.Signals) => void early.push(signal);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => pass(signal));
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, () => isForegroundJob() || pass(signal));
  const sandbox = await spawnSandboxed(...args);
  pass = (signal) => void sandbox.kill(signal);
  early.forEach(pass);
  return sandbox;
}
