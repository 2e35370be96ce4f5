import type { Architecture } from '../architecture.js';
import { type CallNumber, type KnownBits, numbersOf } from '../bpf/index.js';
import { bitsOfCall, MULTIPLEXED_CALLS } from '../compiler/multiplexed-calls.js';
import { type Libseccomp, lookUpSyscallName, lookUpSyscallNumber } from '../libseccomp/index.js';

/** A number that a call is made by. */
export interface Way extends CallNumber {
  /** Of the call that has the number. */
  name: string;
  /** The multiplexer, where the call is reached through one: the name is the multiplexer's then. */
  through?: string | undefined;
}

/** Every number that a call is made by on some architectures. `syscall` is a name, or a number as text. */
export function waysOf(syscall: string, architectures: readonly Architecture[], libseccomp: Libseccomp): Way[] {
  if (/^(0[xX][\da-fA-F]+|\d+)$/.test(syscall)) {
    const number = Number(syscall);
    const named = new Map(lookUpSyscallNumber(libseccomp, number).map((entry) => [entry.architecture, entry.name]));
    return architectures.flatMap((architecture): Way[] => {
      const [from, to] = numbersOf(architecture);
      if (number < from || number > to) return [];
      return [{ architecture, number, name: named.get(architecture.name) ?? syscall }];
    });
  }
  const found = new Map(lookUpSyscallName(libseccomp, syscall).map((entry) => [entry.architecture, entry]));
  return architectures.flatMap((architecture): Way[] => {
    const { name = syscall, number, multiplexer } = found.get(architecture.name) ?? {};
    const own = number === undefined ? [] : [{ architecture, number, name }];
    const multiplexed = MULTIPLEXED_CALLS.get(name);
    if (!multiplexer || !multiplexed) return own;
    const mask = (1n << BigInt(bitsOfCall(multiplexed.multiplexer, architecture))) - 1n;
    const args: KnownBits[] = [{ value: multiplexed.call, mask }];
    const through = { architecture, ...multiplexer, through: multiplexer.name, args };
    return [...own, through].sort((a, b) => a.number - b.number);
  });
}
