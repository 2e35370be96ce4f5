import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { runUpstream, upstreamTestNames } from '../upstream/source.js';
import { buildUpstreamTest } from './patch-variants.js';

// Upstream's regression programs with our patches under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer. What
// they print is compared with the programs as they are built for everything else, whose rows the upstream suite checks.

/** The sanitizers' own system calls are among those that a live test's filter kills or answers. */
const LIVE = /^\d\d-live-/;

/** The program does not free the names it asks for (the function's manual page says that the caller must). */
const LEAKS_ITSELF = '56-basic-iterate_syscalls';

const names = upstreamTestNames().filter((name) => !LIVE.test(name));

describe('upstream’s programs do nothing undefined, nor leak', () => {
  // The library's objects are made once.
  beforeAll(() => {
    buildUpstreamTest(names[0]!, { sanitize: true });
  }, 240_000);

  it('are all but the live ones', () => {
    expect(names).toHaveLength(53);
  });

  it.each(names)('%s', (name) => {
    const program = buildUpstreamTest(name, { sanitize: true });
    const env = { ...process.env, ASAN_OPTIONS: `detect_leaks=${name === LEAKS_ITSELF ? 0 : 1}` };
    for (const args of [['-b'], []]) {
      const { status, stderr, stdout } = spawnSync(program, args, { env, maxBuffer: 1 << 24 });
      expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
      expect(stdout.equals(runUpstream(name, ...args))).toBe(true);
    }
  });
});
