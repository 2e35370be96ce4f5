/**
 * Pass SIGTERM and SIGHUP on to a command. Called before its start, for it may run before its launch is settled here: what
 * comes until then waits. The function that comes back takes the command.
 */
export function passSignals(): (command: { kill(signal: NodeJS.Signals): unknown }) => void {
  const early: NodeJS.Signals[] = [];
  let pass = (signal: NodeJS.Signals) => void early.push(signal);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => pass(signal));
  return (command) => {
    pass = (signal) => void command.kill(signal);
    early.forEach(pass);
  };
}
