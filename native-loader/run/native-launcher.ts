import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hostArchitecture } from '../libc/host.js';

/**
 * The path of launcher/launcher.c as built for this machine, beside this file in the built package. Undefined where it was
 * not built, was left behind by a bundler, or may not be executed.
 */
export function nativeLauncher(): string | undefined {
  const path = fileURLToPath(new URL(`./launcher/linux-${hostArchitecture()}`, import.meta.url));
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}
