import { type Gap, INDENT, joined, linesOf, respaced } from './lines.js';

/** As compile_seccomp_policy.py has them, and comments. */
const TOKEN =
  /#.*|\\$|@\w+|\.?\/\S+|-?0[xX][0-9a-fA-F]+|-?\d+|\|\||&&|==|!=|<=|>=|[:;,~(){}[\]|&<>=]|[A-Za-z_][\w\-@]*/y;

/** `ioctl: arg1 == 1 || arg1 in A|~B; return 1`: minijail0 wants blanks around operators, and none in constants. */
const gap: Gap = (previous, next) => {
  if ([':', ';', ',', ')', ']', '[', '|', '='].includes(next)) return '';
  if (['(', '[', '|', '~', '='].includes(previous)) return '';
  return ' ';
};

/** A policy of minijail: a call a line, and lines that a backslash goes on in are moved in. */
export function formatMinijail(text: string): string {
  let isOpen = false;
  return joined(
    linesOf(text).map((line) => {
      const spaced = respaced(line.trim(), TOKEN, gap);
      const indented = isOpen && spaced !== '' ? INDENT + spaced : spaced;
      isOpen = spaced.endsWith('\\');
      return indented;
    }),
  );
}
