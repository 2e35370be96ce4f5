/** Documents of YAML, or a list as kubectl(1) prints it, in YAML or JSON. */
const SEVERAL = /^---(?:\s|$)|(?:^|[{,])\s*"?kind"?\s*:\s*"?(?:SeccompProfile)?List\b/m;

/** Whether a text may have several objects: to know it takes a parser. */
export const mayHaveSeveral = (text: string): boolean => SEVERAL.test(text);
