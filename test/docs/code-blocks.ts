/** A fenced block of a page, with what its info string asks for. */
export type CodeBlock = { language: string; text: string; line: number } & (
  | { kind: 'shell'; exit: number; needs?: string; output?: string }
  | { kind: 'file'; file: string }
  | { kind: 'not-run'; reason: string }
  | { kind: 'shown' }
);

const FENCE = /^```(\S+)(?: (.*))?\n([\s\S]*?)^```$/gm;

/**
 * The code blocks of a page of docs:
 *
 *     ```sh                       is run, in the folder of the page, and has to exit with 0
 *     ```sh exit=1                …with another code
 *     ```sh needs=bwrap           …where there is that command
 *     ```sh not-run: REASON       cannot be run here, and says why
 *     ```json file=profile.json   is written into the folder first
 *     ```text output              is what the block before it prints
 *
 * A shell block is run unless it says otherwise; blocks of other languages that say nothing are only shown.
 */
export function codeBlocks(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  for (const [all, language = '', info = '', text = ''] of page.matchAll(FENCE)) {
    const line = page.slice(0, page.indexOf(all)).split('\n').length;
    const common = { language, text, line };
    const [, reason] = /^not-run: (.*)$/.exec(info) ?? [];
    const [, file] = /^file=(\S+)$/.exec(info) ?? [];
    if (reason !== undefined) {
      blocks.push({ ...common, kind: 'not-run', reason });
    } else if (info === 'output') {
      const before = blocks.at(-1);
      if (before?.kind !== 'shell') throw new Error(`line ${line}: output of what?`);
      before.output = text;
    } else if (file !== undefined) {
      blocks.push({ ...common, kind: 'file', file });
    } else if (language === 'sh') {
      const options = new Map(info.split(' ').map((option) => option.split('=') as [string, string]));
      const { exit, needs, ...unknown } = Object.fromEntries(options);
      if (Object.keys(unknown).some((key) => key !== '')) throw new Error(`line ${line}: what is "${info}"?`);
      blocks.push({ ...common, kind: 'shell', exit: Number(exit ?? 0), ...(needs && { needs }) });
    } else if (info === '') {
      blocks.push({ ...common, kind: 'shown' });
    } else {
      throw new Error(`line ${line}: what is "${info}"?`);
    }
  }
  return blocks;
}
