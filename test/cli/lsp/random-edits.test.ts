import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Client } from './client.js';
import { compareRandomEdits, SETTINGS } from './random-edits.js';

it('what is said of a text that was edited is what scmp check says of it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'scmp-edits-'));
  const client = await Client.start({ settings: SETTINGS });
  try {
    expect(await compareRandomEdits(client, folder, 1, 60)).toEqual([]);
  } finally {
    expect(await client.stop()).toBe(0);
    rmSync(folder, { recursive: true });
  }
}, 60_000);
