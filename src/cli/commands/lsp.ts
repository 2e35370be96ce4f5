import { isMainThread } from 'node:worker_threads';
import type { Command } from 'commander';

export function addLspCommand(program: Command): void {
  program
    .command('lsp')
    .summary('serve editors: findings, fixes, completion and answers where profiles are written')
    .description(
      'A language server for profiles of every format, on standard input and output. Editors start it; docs/lsp.md has its settings and features.',
    )
    .option('--stdio', 'what editors say; it is all there is')
    .action(lsp);
}

async function lsp(): Promise<void> {
  // The server's own second thread, which computes.
  if (!isMainThread) {
    (await import('../lsp/analyst-worker.js')).serveAnalysis();
    return;
  }
  (await import('../lsp/server.js')).serve();
}
