import { formatCSource } from './c.js';
import type { SourceWriter } from './filter-source.js';
import { formatGo } from './go.js';
import { formatJavaScript, formatTypeScript } from './javascript.js';
import { formatRust } from './rust.js';

/** The languages that filters are written in as source files. */
export const SOURCE_WRITERS = {
  c: formatCSource,
  js: formatJavaScript,
  ts: formatTypeScript,
  rust: formatRust,
  go: formatGo,
} as const satisfies Record<string, SourceWriter>;
