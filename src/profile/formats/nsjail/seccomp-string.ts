/** A line of a policy as a setting of nsjail. */
export function seccompString(line: string): string {
  return `seccomp_string: "${line.replace(/["\\]/g, '\\$&')}"`;
}
