/** How often system calls happen, relative to each other. */
export interface CallWeights {
  /** At least 0; of a number as in `seccomp_data.nr`, on an architecture as in `seccomp_data.arch` (AUDIT_ARCH_…). */
  of(auditArch: number, nr: number): number;
}
