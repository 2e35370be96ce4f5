/** A word of the field and what it means. */
export interface Term {
  term: string;
  meaning: string;
}

/** The terms of docs/glossary.md, in plain text: `- **Term**: meaning`, where lines that follow indented belong to it. */
export function parseGlossary(markdown: string): Term[] {
  const items = markdown.split(/^- /m).slice(1);
  return items.flatMap((item) => {
    const [, term, meaning] = /^\*\*(.+?)\*\*: ([\s\S]*)$/.exec(item) ?? [];
    return term && meaning ? [{ term: plain(term), meaning: plain(meaning) }] : [];
  });
}

/** Without the marks: links by their text, no emphasis. */
function plain(markdown: string): string {
  return markdown
    .replace(/\s*\(\[[^\]]*\]\([^)]*\)\)/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*`]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
