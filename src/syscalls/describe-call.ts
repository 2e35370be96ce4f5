import type { ArchitectureName } from '../architecture.js';
import { checkArgument, LIST, TEXT } from '../options.js';
import { quote } from '../text.js';
import { constantValue, describeValue } from './constants.js';
import { type SyscallParameter, syscallSignature } from './signature.js';

const LOW_HALF = 0xffffffffn;

/**
 * A call in words: `openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC)`. Integers are as wide as the kernel takes them,
 * addresses in hexadecimal. `readString` gives the string at an address, or undefined where that cannot be read; without it
 * strings are addresses. A call without a known signature has its six registers.
 *
 * @throws nothing: a call without a known signature has its six registers
 *
 * @example
 * ```js
 * import { describeCall } from 'libseccomp-wasm/syscalls';
 *
 * const args = [0xffffff9cn, 0x7ffd0000n, 0x80000n, 0n, 0n, 0n];
 * console.log(describeCall('openat', args, 'x86_64')); // openat(AT_FDCWD, 0x7ffd0000, O_RDONLY|O_CLOEXEC)
 * console.log(describeCall('chdir', [1n], 'x86_64', () => '/etc')); // chdir("/etc")
 * ```
 */
export function describeCall(
  name: string,
  args: readonly bigint[],
  architecture: ArchitectureName,
  readString: (address: bigint) => string | undefined = () => undefined,
): string {
  checkArgument('describeCall', 'name', name, TEXT);
  checkArgument('describeCall', 'args', args, LIST);
  const parameters = syscallSignature(name, architecture);
  if (!parameters) return `${name}(${args.map(hexadecimal).join(', ')})`;
  const texts = readParameters(parameters, args, architecture).map((parameter, index) => {
    const value = args[index] ?? 0n;
    const text = parameter.type === 'string' && value !== 0n ? readString(value) : undefined;
    return text === undefined ? describeArgument(parameter, value, architecture) : quote(text);
  });
  return `${name}(${texts.join(', ')})`;
}

/** Without the absent mode of an open(2) that makes no file: the kernel does not look at it. */
function readParameters(
  parameters: readonly SyscallParameter[],
  args: readonly bigint[],
  architecture: ArchitectureName,
): readonly SyscallParameter[] {
  const flags = parameters.findIndex(({ constants }) => constants === 'O');
  const isGiven = (args[parameters.length - 1] ?? 0n) !== 0n;
  if (flags < 0 || parameters.at(-1)?.type !== 'mode' || isGiven) return parameters;
  const makesFile = ['O_CREAT', 'O_TMPFILE'].some((name) => {
    const bits = constantValue(name, architecture) ?? 0n;
    return ((args[flags] ?? 0n) & bits) === bits;
  });
  return makesFile ? parameters : parameters.slice(0, -1);
}

function describeArgument(
  { type, bits, pointer, constants }: SyscallParameter,
  value: bigint,
  architecture: ArchitectureName,
) {
  if (pointer) return value === 0n ? 'NULL' : hexadecimal(value);
  const cut = BigInt.asUintN(bits, value);
  if (constants !== undefined && !(type === 'fd' && cut < 1n << 31n)) {
    const text = describeValue(constants, cut, architecture);
    if (!/^\d/.test(text)) return text;
  }
  switch (type) {
    case 'int':
    case 'fd':
    case 'pid':
    case 'long':
    case 'offset':
      return `${BigInt.asIntN(bits, value)}`;
    case 'mode':
      return `0o${cut.toString(8)}`;
    case 'id':
      return cut === LOW_HALF ? '-1' : `${cut}`;
    default:
      return cut < 4096n ? `${cut}` : hexadecimal(cut);
  }
}

function hexadecimal(value: bigint): string {
  return `0x${value.toString(16)}`;
}
