/**
 * The module's C functions as wasm has them: pointers and 32-bit values are numbers, signed as wasm returns them.
 * `wasm/exports` is the same list for the linker; a test holds the two and the built module together.
 */
export interface LibseccompExports {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  malloc(size: number): number;
  free(pointer: number): void;
  scmp_grant_work(steps: number): void;
  scmp_set_native_arch(token: number): number;
  scmp_skip_checkpoints(ctx: number): void;
  seccomp_api_get(): number;
  seccomp_api_set(level: number): number;
  seccomp_arch_add(ctx: number, token: number): number;
  seccomp_arch_exist(ctx: number, token: number): number;
  seccomp_arch_native(): number;
  seccomp_arch_remove(ctx: number, token: number): number;
  seccomp_arch_resolve_name(name: number): number;
  seccomp_attr_get(ctx: number, attribute: number, value: number): number;
  seccomp_attr_set(ctx: number, attribute: number, value: number): number;
  seccomp_export_bpf_mem(ctx: number, buffer: number, length: number): number;
  seccomp_export_pfc(ctx: number, fd: number): number;
  seccomp_init(defaultAction: number): number;
  seccomp_merge(destination: number, source: number): number;
  seccomp_precompute(ctx: number): number;
  seccomp_release(ctx: number): void;
  seccomp_reset(ctx: number, defaultAction: number): number;
  seccomp_rule_add_array(ctx: number, action: number, syscall: number, count: number, comparisons: number): number;
  seccomp_rule_add_exact_array(
    ctx: number,
    action: number,
    syscall: number,
    count: number,
    comparisons: number,
  ): number;
  seccomp_syscall_priority(ctx: number, syscall: number, priority: number): number;
  seccomp_syscall_resolve_name(name: number): number;
  seccomp_syscall_resolve_name_arch(token: number, name: number): number;
  seccomp_syscall_resolve_name_rewrite(token: number, name: number): number;
  seccomp_syscall_resolve_num_arch(token: number, syscall: number): number;
  seccomp_transaction_commit(ctx: number): number;
  seccomp_transaction_reject(ctx: number): void;
  seccomp_transaction_start(ctx: number): number;
  seccomp_version(): number;
}

/** Every export by name, for {@link LibseccompExports}' test and for checking a module the user brings. */
export const EXPORT_NAMES = [
  'memory',
  '_initialize',
  'malloc',
  'free',
  'scmp_grant_work',
  'scmp_set_native_arch',
  'scmp_skip_checkpoints',
  'seccomp_api_get',
  'seccomp_api_set',
  'seccomp_arch_add',
  'seccomp_arch_exist',
  'seccomp_arch_native',
  'seccomp_arch_remove',
  'seccomp_arch_resolve_name',
  'seccomp_attr_get',
  'seccomp_attr_set',
  'seccomp_export_bpf_mem',
  'seccomp_export_pfc',
  'seccomp_init',
  'seccomp_merge',
  'seccomp_precompute',
  'seccomp_release',
  'seccomp_reset',
  'seccomp_rule_add_array',
  'seccomp_rule_add_exact_array',
  'seccomp_syscall_priority',
  'seccomp_syscall_resolve_name',
  'seccomp_syscall_resolve_name_arch',
  'seccomp_syscall_resolve_name_rewrite',
  'seccomp_syscall_resolve_num_arch',
  'seccomp_transaction_commit',
  'seccomp_transaction_reject',
  'seccomp_transaction_start',
  'seccomp_version',
] as const satisfies readonly (keyof LibseccompExports)[];

/** The functions that answer 0 (or a positive value) or a negative errno. */
export type LibseccompCall = Exclude<
  keyof LibseccompExports,
  | 'memory'
  | '_initialize'
  | 'malloc'
  | 'free'
  | 'scmp_skip_checkpoints'
  | 'seccomp_version'
  | 'seccomp_release'
  | 'seccomp_transaction_reject'
>;
