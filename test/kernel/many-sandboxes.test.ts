import { expect, it } from 'vitest';
import { allowAll } from './bpf.js';
import { describeSupervisor, held, heldSince, loader } from './sandbox.js';

describeSupervisor('many sandboxes', () => {
  const run = async (index: number) => {
    // Every third has a listener.
    const sandbox = await loader.spawnSandboxed('true', [], {
      filter: allowAll(),
      ...(index % 3 === 0 ? { answers: [] } : {}),
    });
    expect(await sandbox.exited).toEqual({ code: 0, signal: null });
    await sandbox.supervision?.close();
  };

  it('leave no descriptor and no process behind, in sequence and at once', { timeout: 120_000 }, async () => {
    await run(0);
    const before = held();
    for (let count = 0; count < 100; count++) await run(count);
    await expect.poll(() => heldSince(before)).toEqual([]);
    await Promise.all(Array.from({ length: 100 }, (_, index) => run(index)));
    await expect.poll(() => heldSince(before)).toEqual([]);
  });
});
