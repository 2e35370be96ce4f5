import { formatAction } from '../action.js';
import type { SeccompData } from '../bpf/execution/simulate.js';
import { unfilteredAmong } from '../explain/format-comparison.js';
import type { NamedDifference } from '../explain/name-comparison.js';

/** A difference for programs: actions as text, 64-bit values as hexadecimal text, since JSON's numbers lose bits. */
export function differenceJson(difference: NamedDifference): object {
  const { architecture = null, auditArches, syscalls, numbers, from, to, direction, when, example } = difference;
  const notes = unfilteredAmong(difference);
  return {
    architecture,
    auditArches,
    syscalls,
    numbers,
    from: formatAction(from, architecture ?? undefined),
    to: formatAction(to, architecture ?? undefined),
    direction,
    ...(when === undefined ? {} : { when }),
    example: inputJson(example),
    ...(notes.length > 0 && { notes }),
  };
}

/** The input of a filter for programs. */
export function inputJson({ arch, nr, args, instructionPointer }: SeccompData): object {
  const hexadecimal = (value: bigint) => `0x${value.toString(16)}`;
  return { arch, nr, args: args.map(hexadecimal), instructionPointer: hexadecimal(instructionPointer) };
}
