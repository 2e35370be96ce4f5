import { element } from './dom.js';

/** Put content among the downloads. */
export function download(fileName: string, content: string | Uint8Array<ArrayBuffer>): void {
  const url = URL.createObjectURL(new Blob([content]));
  element('a', { attributes: { href: url, download: fileName } }).click();
  // The download has begun by the next task, and holds the data itself.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
