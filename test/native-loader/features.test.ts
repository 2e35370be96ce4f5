import { release } from 'node:os';
import { describe, expect, it } from 'vitest';
import { seccompFeatures } from '../../native-loader/install/features.js';
import { hostArchitecture } from '../../native-loader/libc/host.js';

describe.skipIf(process.platform !== 'linux')('seccompFeatures', () => {
  it('describes this kernel as plain data, and changes nothing', () => {
    const features = seccompFeatures();
    expect(JSON.parse(JSON.stringify(features))).toEqual(features);
    expect(features).toMatchObject({ kernel: release(), architecture: hostArchitecture(), seccomp: true });
    expect(Object.keys(features.actions)).toEqual(
      ['KILL_PROCESS', 'KILL_THREAD', 'TRAP', 'ERRNO', 'USER_NOTIF', 'TRACE', 'LOG', 'ALLOW'], // strongest first
    );
    expect(features.actions.ALLOW).toBe(true);
    expect(features.flags.SECCOMP_FILTER_FLAG_TSYNC).toBe(true);
    expect(seccompFeatures()).toEqual(features);
  });

  it('has sizes where it has notifications', () => {
    const { actions, notifSizes } = seccompFeatures();
    expect(notifSizes !== null).toBe(actions.USER_NOTIF);
    if (notifSizes) expect(notifSizes).toMatchObject({ response: 24, data: 64 });
  });
});
