import { escapeControls } from '../../text.js';
/** A value of JSON, whose integers may be bigint; keys whose value is undefined are left out. */
export type ExactJson =
  | undefined
  | null
  | boolean
  | string
  | number
  | bigint
  | readonly ExactJson[]
  | { readonly [key: string]: ExactJson };

/**
 * JSON text with two blanks per level. Integers of any size are exact (JSON.stringify takes no bigint), and control
 * characters are escaped.
 */
export function formatExactJson(value: ExactJson): string {
  return `${format(value, '')}\n`;
}

function format(value: ExactJson, indent: string): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return escapeControls(JSON.stringify(value ?? null));
  const inner = `${indent}  `;
  const [open, close, items] = Array.isArray(value)
    ? ['[', ']', value.map((item: ExactJson) => format(item, inner))]
    : [
        '{',
        '}',
        Object.entries(value)
          .filter(([, member]) => member !== undefined)
          .map(([key, member]) => `${escapeControls(JSON.stringify(key))}: ${format(member, inner)}`),
      ];
  return items.length === 0 ? `${open}${close}` : `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}`;
}

/** Equal values have equal keys; of whole numbers too, which JSON has no exact form for. */
export const exactKey = (value: unknown): string =>
  JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each));
