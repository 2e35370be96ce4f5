import { quote } from '../../text.js';

/** Keys and array indexes from the root of a document to a value in it. */
export type JsonPath = readonly (string | number)[];

const PLAIN_KEY = /^[A-Za-z_$][\w$-]{0,63}$/;

/** `['syscalls', 3, 'args', 0, 'value']` as `syscalls[3].args[0].value`; the root is the empty string. */
export function formatPath(path: JsonPath): string {
  let text = '';
  for (let depth = 0; depth < path.length; depth++) {
    const segment = path[depth]!;
    if (typeof segment === 'number') text += `[${segment}]`;
    else if (PLAIN_KEY.test(segment)) text += text === '' ? segment : `.${segment}`;
    else text += `[${quote(segment)}]`;
  }
  return text;
}
