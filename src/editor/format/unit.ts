import { FILTER_OPTIONS } from '../../profile/formats/systemd/options.js';
import { SETTINGS } from '../../profile/formats/systemd/read.js';
import { INDENT, withLines } from './lines.js';

const KEYS: ReadonlySet<string> = new Set([...SETTINGS, ...FILTER_OPTIONS]);

function continued(text: string, goesOn: boolean): string {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return [...words, ...(goesOn ? ['\\'] : [])].join(' ');
}

/**
 * A unit or drop-in of systemd, or a .nspawn file: of its settings about filters, `Key=` and one blank between words. Lines
 * that a backslash goes on in are moved in. The others stay as they are.
 */
export function formatUnit(text: string): string {
  return withLines(text, (lines) => {
    let isOpen = false;
    let isOurs = false;
    return lines.map((line) => {
      // A comment between continued lines does not end them.
      if (/^\s*[#;]/.test(line)) return line;
      const goesOn = line.endsWith('\\');
      const content = goesOn ? line.slice(0, -1) : line;
      const wasOpen = isOpen;
      isOpen = goesOn;
      if (wasOpen) return isOurs ? (INDENT + continued(content, goesOn)).trimEnd() : line;
      const [, key = '', value = ''] = /^\s*(\w+)\s*=(.*)$/.exec(content) ?? [];
      isOurs = KEYS.has(key);
      return isOurs ? `${key}=${continued(value, goesOn)}` : line;
    });
  });
}
