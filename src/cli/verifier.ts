import type { Verifier } from '../compiler/compile-policy.js';
import type { ParsedProfile } from '../profile/parsed-profile.js';

/** What libseccomp 2.6.0 gets wrong, also beside what a sample of calls sees. */
const BY_ORDER = /^SCMP_CMP_(LT|LE|GT|GE)$/;

/**
 * How the program of a profile is verified: by proof where that was asked for, or where entries compare by order; else by
 * trying calls, which costs a command's start far less.
 */
export async function verifierFor({ seccomp }: ParsedProfile, isAsked = false): Promise<Verifier | true> {
  const comparesByOrder = seccomp.syscalls?.some(({ args }) => args?.some(({ op }) => BY_ORDER.test(op)));
  if (!isAsked && !comparesByOrder) return true;
  return (await import('../compiler/prove-decisions.js')).proveDecisions;
}
