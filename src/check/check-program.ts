import { type ArchitectureName, parseArchitecture } from '../architecture.js';
import { ProgramTooComplexError } from '../bpf/decisions/diagram-store.js';
import { minimizeProgram } from '../bpf/minimize/minimize-program.js';
import { type DecodedProgram, type ProgramInput, readProgram } from '../bpf/program/codec.js';
import type { Endianness } from '../bpf/program/instruction.js';
import { verifyProgram } from '../bpf/program/verify.js';
import { programPolicy } from '../decompile/program-policy.js';
import type { Libseccomp } from '../libseccomp/index.js';
import { ANYTHING, checkOptions, LIBSECCOMP, LIST, TEXT } from '../options.js';
import { printable } from '../text.js';
import { checkId } from './check-targets.js';
import type { CheckReport, Finding } from './finding.js';
import { PROGRAM_CHECK_RULES } from './program-rules.js';

export interface CheckProgramOptions {
  libseccomp: Libseccomp;
  /** The machine, by any name, where the program does not say. Default: x86_64, or one of the program's byte order. */
  arch?: ArchitectureName | (string & {}) | undefined;
  /** Byte order of bare bytes. Default: that of `arch`, or it is detected. */
  endianness?: Endianness | undefined;
  /** Findings to ignore, by id. An unknown id is an InvalidArgumentError. */
  ignore?: readonly string[] | undefined;
  /** What to call the program in findings, usually its file name. */
  source?: string | undefined;
}

/**
 * Check a compiled program for what a reviewer would want to see: docs/programs.md lists the findings. It is decided
 * exactly what the program does, so a finding is there or it is not.
 *
 * @throws {InvalidProgramError} when the kernel would not load the program
 * @throws {ProgramTooComplexError} when the program is too complex to decide exactly
 * @throws {UnknownByteOrderError} when the byte order is neither given nor detected
 * @throws {InvalidArgumentError} when an architecture, option or finding to ignore is unknown
 *
 * @example
 * ```js
 * import { assemble } from 'libseccomp-wasm/bpf';
 * import { checkProgram } from 'libseccomp-wasm/check';
 * import { loadLibseccompSync } from 'libseccomp-wasm/libseccomp';
 *
 * const filter = assemble('.endian little\nA = nr\nif (A == 101) goto no\nreturn ALLOW\nno: return ERRNO(EPERM)');
 * const { findings } = checkProgram(filter, { libseccomp: loadLibseccompSync() });
 * console.log(findings[0].severity, findings[0].id); // error architecture-untested
 * ```
 */
export function checkProgram(program: ProgramInput, options: CheckProgramOptions): CheckReport {
  checkOptions('checkProgram', options, {
    libseccomp: [LIBSECCOMP],
    arch: [ANYTHING],
    endianness: ['little', 'big'],
    ignore: [LIST],
    source: [TEXT],
  });
  const { libseccomp, arch, source = 'program', ignore = [] } = options;
  for (const id of ignore) checkId(id);
  const machine = arch === undefined ? undefined : parseArchitecture(arch);
  const decoded = readProgram(program, options.endianness ?? machine?.endianness);
  verifyProgram(decoded.instructions);
  const usual = parseArchitecture(decoded.endianness === 'little' ? 'x86_64' : 's390x');
  const policy = programPolicy(decoded, libseccomp, machine ?? usual);
  const checked = {
    instructions: decoded.instructions,
    policy,
    shortest: shortestOf(decoded),
  };
  const findings = PROGRAM_CHECK_RULES.flatMap((rule) =>
    [...rule.check(checked)].map(
      ({ place, severity, message, advice }): Finding => ({
        id: rule.id,
        severity: severity ?? rule.severity,
        path: place.path,
        source,
        message: printable(message),
        advice: printable(advice),
      }),
    ),
  );
  return {
    findings: findings.filter(({ id }) => !ignore.includes(id)),
    ignored: findings.filter(({ id }) => ignore.includes(id)),
  };
}

/** In steps of the diagram's budget: what takes longer is not known, which is no finding. */
function shortestOf(program: DecodedProgram): number | undefined {
  try {
    return minimizeProgram(program).instructions;
  } catch (error) {
    if (error instanceof ProgramTooComplexError) return undefined;
    throw error;
  }
}
