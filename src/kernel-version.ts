/** The two numbers of a Linux release that Docker's `minKernel` compares: 5.10 of "5.10.0-35-amd64". */
export interface KernelVersion {
  readonly version: number;
  readonly revision: number;
}

/** A profile's `minKernel`: exactly "X.Y", each at most 255, not 0.0 (Moby's KernelVersion.UnmarshalJSON). */
export function parseMinKernel(text: string): KernelVersion | undefined {
  const parsed = /^\d{1,3}\.\d{1,3}$/.test(text) ? parseRelease(text) : undefined;
  if (!parsed || parsed.version > 255 || parsed.revision > 255) return undefined;
  return parsed.version === 0 && parsed.revision === 0 ? undefined : parsed;
}

/** A kernel's release as `uname -r` prints it or "X.Y"; what follows the second number does not count, as in Moby. */
export function parseRelease(text: string): KernelVersion | undefined {
  const found = /^(\d{1,9})\.(\d{1,9})(?!\d)/.exec(text);
  return found ? { version: Number(found[1]), revision: Number(found[2]) } : undefined;
}

export function isAtLeast(kernel: KernelVersion, least: KernelVersion): boolean {
  return kernel.version === least.version ? kernel.revision >= least.revision : kernel.version > least.version;
}
