/**
 * What texts of programs have and profiles have not. This half is loaded with every command; what reads the forms is
 * loaded when a text has one of these signs, and decides.
 */
const SIGNS: readonly RegExp[] = [
  // bytes: hex digits, base64, xxd and hexdump -C
  /^\s*(?:0x)?[\da-f][\da-f\s]*$/i,
  /^\s*[\da-f]{6,}:?\s+[\da-f]{2}/i,
  // bytes and instructions in numbers: tcpdump -dd and -ddd, xxd -i, any array
  /^\s*\d+[ \t]*[,\n][ \t]*\d+ \d+ \d+ \d+/,
  /^\s*(?:[{([]\s*){0,2}0[xX][\da-fA-F]+(?:[uU]\d*)?\s*,/,
  /^\s*[{([]+\s*\d+\s*,/,
  /=\s{0,9}[{([]\s{0,9}[{([]\s{0,9}\d/,
  // literals of C, Rust, Go and Python
  /\bsock_filter\b|\bSockFilter\b|\bRawInstruction\b|\bbpf_(?:stmt|jump)\b/i,
  /\\x[\da-f]{2}|\\[0-7]{3}/i,
  /\[\]byte\b|\[u8\b|\bunsigned char\b|\buint8_t\b|\bu8\b|\bbytes\(/,
  // base64 in a source text
  /"[\w+/]{40,}={0,2}"/,
  // listings and assembler
  /^[ \t]*[\da-f]{3,}:[ \t]+(?:0x)?[\da-f]{2,4}[ \t]/im,
  /^[ \t]*\.(?:arch|endian)[ \t]/m,
  /^[ \t]*A = (?:nr|arch|args\[|seccomp_data)/m,
  // what does not hold a program, and is answered with what to do
  /^\s*#\s*pseudo filter code/,
  /\bfilter=(?:0x[\da-f]{4,}|\[BPF_)/,
];

/** JSON that holds a program: as `--format json` writes it, or a list of instructions. */
const JSON_SIGN = /"instructions"\s*:\s*\[|^\s*\[\s*(?:\{\s*"(?:code|op|k|jt|jf)"|\[\s*\d+\s*,)|^\s*\[\s*\d+\s*,/i;

/** Bytes of a longer text are no program: 4096 instructions take a tenth of it in the longest form. */
export const MAX_PROGRAM_TEXT = 1 << 20;

/** Whether a text may be a program, and is worth loading the readers of {@link readProgramText} for. */
export function mayBeProgramText(text: string): boolean {
  if (text.length > MAX_PROGRAM_TEXT) return false;
  if (/^\s*\{\s*["}]/.test(text)) return JSON_SIGN.test(text);
  return isBase64(text) || JSON_SIGN.test(text) || SIGNS.some((sign) => sign.test(text));
}

const isBase64 = (text: string) => !/[^\w+/=\s-]/.test(text) && /[\w+/-]{11}/.test(text);
