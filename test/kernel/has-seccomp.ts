import { seccompFeatures } from '../../native-loader/install/features.js';

/** Whether seccomp(2) can be used here. On CI's Linux it has to be, lest everything be skipped in silence. */
export function hasSeccomp(): boolean {
  if (process.platform !== 'linux') return false;
  const { seccomp } = seccompFeatures();
  if (!seccomp && process.env.CI) throw new Error('seccomp(2) cannot be used here');
  return seccomp;
}
