import { parseArchitecture } from '../../architecture.js';
import type { Simulator } from '../../bpf/execution/simulate.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import { libseccompName } from '../../libseccomp/kernel-names.js';
import { constantExpression, familyConstants, nearestConstant } from '../../syscalls/constants.js';
import { nearestSyscall } from '../../syscalls/nearest-syscall.js';
import { syscallSignature } from '../../syscalls/signature.js';
import { quote } from '../../text.js';
import { actionLabel, listedSyscalls } from './policy-map.js';
import type { BadCall, CallForm, SimulatedCall, TypedCall } from './protocol.js';

/** Decide one call, typed in by names. */
export function simulateCall(
  { architecture: architectureName, syscall, arguments: typed }: TypedCall,
  simulator: Simulator,
  libseccomp: Libseccomp,
): (Omit<SimulatedCall, 'revision' | 'verdict'> & { args: readonly bigint[] }) | BadCall {
  const architecture = parseArchitecture(architectureName);
  const table = listedSyscalls(libseccomp, architecture);
  const number = /^-?(0x[\da-f]+|\d+)$/i.test(syscall)
    ? Number(syscall)
    : table.find(({ name }) => name === libseccompName(syscall, architecture.name))?.number;
  if (number === undefined) {
    const nearest = syscallSignature(syscall) ? undefined : nearestSyscall(syscall);
    const remedy = nearest === undefined ? 'give a name or a number' : `did you mean ${nearest}?`;
    return { kind: 'bad-call', message: `${architectureName} has no system call ${quote(syscall)}; ${remedy}` };
  }
  if (number < -(2 ** 31) || number >= 2 ** 32) {
    return { kind: 'bad-call', message: 'a system call number has 32 bits' };
  }
  const values: bigint[] = [];
  for (let index = 0; index < 6; index++) {
    const text = typed[index]?.trim() ?? '';
    const value = text === '' ? 0n : argumentValue(text, architectureName);
    if (value === undefined) {
      const nearest = nearestConstant(text, architectureName);
      const hint = nearest ? `did you mean ${nearest}?` : 'write 7, -1, 0x1f, or names joined by |';
      const message = `${quote(text)} is no number and no constant of ${architectureName}; ${hint}`;
      return { kind: 'bad-call', argument: index, message };
    }
    values.push(value);
  }
  const { path = [], returnValue } = simulator.simulate(
    {
      nr: number,
      arch: architecture.auditArch,
      instructionPointer: 0n,
      args: values as [bigint, bigint, bigint, bigint, bigint, bigint],
    },
    { trace: true },
  );
  const name = table.find((call) => call.number === number)?.name;
  const action = actionLabel(returnValue, architectureName);
  return { kind: 'simulated', name, number, action, returnValue, path, args: values };
}

/** A negative number is what a C program would pass: sign-extended to 64 bits. */
function argumentValue(text: string, architecture: TypedCall['architecture']): bigint | undefined {
  const negative = /^-(0x[\da-f]{1,16}|\d{1,20})$/i.exec(text);
  if (negative) {
    const value = -BigInt(negative[1] as string);
    return value < -(2n ** 63n) ? undefined : BigInt.asUintN(64, value);
  }
  return text.length > 4096 ? undefined : constantExpression(text, architecture);
}

/** The fields for trying a call. */
export function callForm(
  architectureName: TypedCall['architecture'],
  syscall: string,
  libseccomp: Libseccomp,
): CallForm {
  const table = listedSyscalls(libseccomp, parseArchitecture(architectureName));
  const call = table.find(({ name, number }) => name === syscall || String(number) === syscall);
  const parameters = call && syscallSignature(call.name, architectureName);
  return {
    number: call?.number,
    parameters: parameters?.map(({ name, type, bits, pointer, constants }) => ({
      name,
      type,
      bits,
      pointer,
      constants: constants ? [...familyConstants(constants, architectureName).keys()] : [],
    })),
  };
}
