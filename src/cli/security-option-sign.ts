// What a command loads to know these; security-option.ts reads them.

/** Whether a text is such a value, as a whole line. */
export const isSecurityOption = (text: string): boolean =>
  /^\s*(?:--security-opt[ =])?['"]?seccomp[=:][^\r\n]*\s*$/.test(text) && !/^\s*seccomp:\s/.test(text);

/** Whether a text may be a compose file. */
export const mayBeCompose = (text: string): boolean => /^services:[ \t]*(?:#.*)?$/m.test(text);
