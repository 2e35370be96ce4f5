import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Architecture, parseArchitecture } from '../../src/architecture.js';

/** Upstream's tree as `./build.sh --native` unpacked, patched and built it; everything here is read from there. */
const NATIVE = fileURLToPath(new URL('../../build/native/', import.meta.url));

export const upstreamTests = `${NATIVE}tests/`;
export const upstreamTool = (name: string) => `${NATIVE}tools/${name}`;

/** Nothing can be compared without the native build: say so, and fail. */
function requireUpstream(): void {
  if (!existsSync(upstreamTool('scmp_bpf_sim')) || !existsSync(`${upstreamTests}01-sim-allow`)) {
    throw new Error("build/native, upstream's own build, is missing or incomplete: run ./build.sh --native");
  }
}

/** Upstream's test programs by name, `01-sim-allow`: the C files with a number in front. */
export function upstreamTestNames(): string[] {
  requireUpstream();
  return readdirSync(upstreamTests)
    .filter((file) => /^\d\d-.*\.c$/.test(file))
    .map((file) => file.slice(0, -'.c'.length))
    .sort();
}

export function readUpstream(file: string): string {
  return readFileSync(`${upstreamTests}${file}`, 'utf8');
}

export function hasUpstream(file: string): boolean {
  return existsSync(`${upstreamTests}${file}`);
}

/** What one of upstream's test programs prints: with `-b` the BPF program, else the pseudo filter code (util.c). */
export function runUpstream(name: string, ...args: string[]): Buffer {
  return execFileSync(`${upstreamTests}${name}`, args, { maxBuffer: 1 << 24 });
}

/** What upstream's programs were compiled for, as its own driver script asks. */
export function upstreamArchitecture(): Architecture {
  requireUpstream();
  return parseArchitecture(execFileSync(upstreamTool('scmp_arch_detect')).toString().trim());
}
