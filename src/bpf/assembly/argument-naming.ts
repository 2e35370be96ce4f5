import type { Architecture, ArchitectureName } from '../../architecture.js';
import { type ConstantFamily, describeMask, describeMaskOfOthers, describeValue } from '../../syscalls/constants.js';
import { type SyscallParameter, syscallSignature } from '../../syscalls/signature.js';

/** What the system calls that are possible at this place make of an argument. */
export interface NamedArgument {
  /** `socket(domain)`; of several calls that name it alike the name alone. */
  text: string;
  /** The value by the constants people write for it, where they are the same for all: `AF_VSOCK`. */
  value(value: number): string | undefined;
  /** As `value`, of a mask: its flags. */
  mask(mask: number): string | undefined;
}

/** The name of argument `index` of these calls, when they all call it the same. */
export function nameArgument(
  calls: readonly { name: string; architecture: Architecture }[],
  index: number,
): NamedArgument | undefined {
  const parameters = calls.map(({ name, architecture }) => syscallSignature(name, architecture.name)?.[index]);
  const [first] = parameters;
  if (first === undefined || parameters.some((parameter) => parameter?.name !== first.name)) return undefined;
  const names = new Set(calls.map(({ name }) => name));
  return {
    text: names.size === 1 ? `${[...names][0]}(${first.name})` : first.name,
    value: (value) => commonText(calls, parameters as SyscallParameter[], value, describeValue),
    mask: (mask) => commonText(calls, parameters as SyscallParameter[], mask, describeLowMask),
  };
}

function describeLowMask(family: ConstantFamily, mask: bigint, architecture: ArchitectureName): string {
  return describeMaskOfOthers(family, mask, 0xffffffffn, architecture) ?? describeMask(family, mask, architecture);
}

function commonText(
  calls: readonly { architecture: Architecture }[],
  parameters: readonly SyscallParameter[],
  value: number,
  describe: (family: ConstantFamily, value: bigint, architecture: ArchitectureName) => string,
): string | undefined {
  const texts = new Set(
    calls.map(({ architecture }, at) => {
      const family = parameters[at]?.constants;
      return family === undefined ? undefined : describe(family, BigInt(value >>> 0), architecture.name);
    }),
  );
  const [text, ...others] = texts;
  // A value without any name comes back as a number.
  return text === undefined || others.length > 0 || /^\d/.test(text) ? undefined : text;
}
