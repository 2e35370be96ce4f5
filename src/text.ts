/**
 * Characters that steer a terminal, turn the direction of writing or end a line, and halves of characters. They are
 * Unicode's categories Cc (C0, DEL, C1), Cf (bidi and other invisible marks), Zl, Zp, and Cs (half a surrogate pair).
 */
const unprintable = () => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const steering = () => /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

// Nearly all text is ASCII, which is searched in a twentieth of the time. The others are made when they are needed: to
// collect Unicode's categories is a hundredth of the start of a command.
const BEYOND_ASCII = /[^\t\n -~]/;
const BEYOND_PRINTABLE_ASCII = /[^ -~]/;

const MAX_QUOTE_LENGTH = 80;
const MAX_LINE_LENGTH = 1000;

/** In UTF-16 code units, which is what JSON and JavaScript read back: escaped JSON stays the same JSON. */
function codeUnits(characters: string): string {
  let text = '';
  for (let at = 0; at < characters.length; at++) {
    text += `\\u${characters.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }
  return text;
}

/** Not in the middle of a surrogate pair. */
function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const isPair = /[\ud800-\udbff]/.test(text[longest - 1]!);
  return `${text.slice(0, isPair ? longest - 1 : longest)}…`;
}

/**
 * A whole output as it may go to a terminal. What a profile, a log, or the name of a file or process brought along is
 * only text. Line ends and tabs stay.
 */
export function escapeControls(text: string): string {
  return BEYOND_ASCII.test(text) ? text.replace(steering(), codeUnits) : text;
}

const escapeUnprintable = (text: string): string =>
  BEYOND_PRINTABLE_ASCII.test(text) ? text.replace(unprintable(), codeUnits) : text;

/** Foreign text as a part of one line: escaped, line ends too, and shortened. */
export function printable(text: string, longest: number = MAX_LINE_LENGTH): string {
  return escapeUnprintable(shorten(text, longest));
}

/** Foreign text inside a message: in quotation marks, escaped and shortened. */
export function quote(text: string): string {
  return escapeUnprintable(JSON.stringify(shorten(text, MAX_QUOTE_LENGTH)));
}

/** Whether a text has nothing that {@link printable} escapes. */
export function isPrintable(text: string): boolean {
  return !BEYOND_PRINTABLE_ASCII.test(text) || text.search(unprintable()) < 0;
}
