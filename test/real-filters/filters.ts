import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('./', import.meta.url);

/** A program as it ran, and the filters of one of its tasks. */
export interface Row {
  name: string;
  package: string;
  version: string;
  /** How it was run. */
  how: string;
  /** In the order in which they were installed: struct sock_filter, little-endian, with their files' names. */
  filters: readonly { file: string; bytes: Uint8Array }[];
}

const files = readdirSync(FOLDER).filter((file) => file.endsWith('.bpf'));

/** The rows of INDEX.tsv; `scripts/field-programs --update` writes it. */
export const ROWS: readonly Row[] = readFileSync(new URL('INDEX.tsv', FOLDER), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [name, debianPackage, version, how] = line.split('\t') as [string, string, string, string];
    const filters = files
      .filter((file) => file.replace(/\.\d+\.bpf$/, '') === name)
      .sort((a, b) => Number(a.split('.').at(-2)) - Number(b.split('.').at(-2)))
      .map((file) => ({ file, bytes: new Uint8Array(readFileSync(new URL(file, FOLDER))) }));
    return { name, package: debianPackage, version, how, filters };
  });

/** Each program once: several rows have the same. */
export const PROGRAMS: readonly { file: string; bytes: Uint8Array }[] = [
  ...new Map(
    ROWS.flatMap(({ filters }) => filters).map((each) => [Buffer.from(each.bytes).toString('latin1'), each]),
  ).values(),
].sort((a, b) => (a.file < b.file ? -1 : 1));
