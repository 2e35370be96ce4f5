import { type CallNarrowing, replaceWords } from '../narrow-call.js';

/** Arguments by name are compared as wide as the kernel reads them: a list compares 64 bits where it says ":64". */
export const listNarrowing: CallNarrowing = {
  call: /\w+\s*\((?:[^()]|\([^()]*\))*\)/,
  narrowed: (call, { index, parameter: { name } }) => replaceWords(call, `(?:arg${index}|${name})\\s*:\\s*64`, name),
};
