/** Documents of YAML, a list as kubectl(1) prints it, in YAML or JSON, and the filters of seccompiler's threads. */
const SIGNS = [
  /^---(?:\s|$)/m,
  /(?:^|[{,])\s*"?kind"?\s*:\s*["']?(?:SeccompProfile)?List\b/m,
  /\b(?:default|filter|match|mismatch)_action\b/,
];

/** Whether a text may have several profiles: to know it takes a parser. */
export const mayHaveSeveral = (text: string): boolean => SIGNS.some((sign) => sign.test(text));
