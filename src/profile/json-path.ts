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

const LONGEST_QUOTE = 80;

/**
 * A profile's own text inside a message: quoted, shortened, and without control characters (C0, DEL, C1), so that a
 * hostile profile cannot speak to the terminal the message is printed on.
 */
export function quote(text: string): string {
  const short = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  return JSON.stringify(short).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
