import { InvalidArgumentError } from '../../src/errors.js';
import { quote } from '../../src/text.js';

export const AF_UNIX = 1;
/** `sizeof(sun_path)` of unix(7), with the NUL. */
const MAX_PATH = 108;

/**
 * `struct sockaddr_un` of a path.
 *
 * @throws {InvalidArgumentError} when the path is too long for it
 */
export function unixAddress(path: string, endianness: 'little' | 'big'): Uint8Array {
  const bytes = Buffer.from(path);
  if (bytes.length === 0 || bytes.length >= MAX_PATH || bytes.includes(0)) {
    throw new InvalidArgumentError(
      `${quote(path)} is no path for a unix socket: 1 to ${MAX_PATH - 1} bytes, none of them NUL`,
    );
  }
  const address = new Uint8Array(2 + bytes.length + 1);
  new DataView(address.buffer).setUint16(0, AF_UNIX, endianness === 'little');
  address.set(bytes, 2);
  return address;
}
