import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hostArchitecture } from '../libc/host.js';

/**
 * The path of launcher/launcher.c or launcher/tracer.c as built for this machine, beside this file in the built package.
 * Undefined where it was not built, was left behind by a bundler, or may not be executed.
 */
function nativeProgram(name: 'launcher' | 'tracer'): string | undefined {
  const path = fileURLToPath(new URL(`./launcher/${name}-linux-${hostArchitecture()}`, import.meta.url));
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}

export function nativeLauncher(): string | undefined {
  return nativeProgram('launcher');
}

export function nativeTracer(): string | undefined {
  return nativeProgram('tracer');
}
