/** One of the objects of a text. */
export interface SplitObject {
  text: string;
  /** Of its first line in the whole text, from 1. */
  line: number;
  /** The `//` lines in front of it, with which `gadget advise` names the container. */
  comment?: string | undefined;
}

/** The most of an object that is kept, in UTF-16 code units: as much as a profile may have. */
const MAX_OBJECT = 16 * 1024 * 1024;

/** What cannot be cut, and from where on. */
export interface SplitFault {
  line: number;
  message: string;
}

/** Cuts a text that comes in pieces into the objects in it. */
export interface ObjectSplitter {
  push(text: string): void;
  /** The text is at its end. */
  end(): SplitFault | undefined;
}

type OnObject = (object: SplitObject) => void;

/**
 * Cuts JSON into its objects: texts one after the other, and the `items` of each that has some (`kind: List`, which
 * `kubectl get -o json` prints). A list of any length takes the memory of its largest object. That each is JSON is left to
 * those who read it.
 */
export class JsonSplitter implements ObjectSplitter {
  readonly #onObject: OnObject;
  #pending = '';
  /** What was looked at of the pending text. */
  #at = 0;
  /** Where the present object begins; -1: there is none. */
  #begin = -1;
  #depth = 0;
  #isInString = false;
  #line = 1;
  #beginLine = 1;
  #comment: string[] = [];
  /** The depth of the list whose items are given out; 0: in none. */
  #listDepth = 0;
  /** Whether an item was given out after which no comma came. */
  #wantsComma = false;
  #fault: SplitFault | undefined;

  constructor(onObject: OnObject) {
    this.#onObject = onObject;
  }

  push(text: string): void {
    this.#pending += text;
    while (this.#fault === undefined && this.#at < this.#pending.length) {
      if (this.#isInString) {
        if (!this.#skipString()) break;
      } else if (!this.#step()) break;
    }
    const kept = this.#begin < 0 ? this.#at : this.#begin;
    this.#pending = this.#pending.slice(kept);
    this.#at -= kept;
    if (this.#begin >= 0) this.#begin = 0;
    if (this.#pending.length > MAX_OBJECT) this.#fail('an object of more than 16 MiB');
  }

  end(): SplitFault | undefined {
    if (this.#fault) return this.#fault;
    if (this.#depth > 0) this.#fail('the text ends in the middle of an object', this.#beginLine);
    return this.#fault;
  }

  #fail(message: string, line = this.#line): void {
    this.#fault ??= { line, message };
  }

  /** To the end of a string; false where that is not there yet. */
  #skipString(): boolean {
    for (let at = this.#at; ; at++) {
      const quote = this.#pending.indexOf('"', at);
      if (quote < 0) {
        // A backslash may be the last character: the string is looked at again from here.
        return false;
      }
      let backslashes = 0;
      while (this.#pending.charCodeAt(quote - 1 - backslashes) === BACKSLASH && quote - 1 - backslashes >= this.#at) {
        backslashes++;
      }
      at = quote;
      if (backslashes % 2 === 1) continue;
      this.#isInString = false;
      this.#at = quote + 1;
      return true;
    }
  }

  /** One character outside of strings; false where more text is needed. */
  #step(): boolean {
    const code = this.#pending.charCodeAt(this.#at);
    const isOutside = this.#depth === this.#listDepth;
    switch (code) {
      case NEWLINE:
        this.#line++;
        break;
      case QUOTE:
        if (isOutside) return this.#refuse();
        this.#isInString = true;
        break;
      case OPEN_OBJECT:
      case OPEN_LIST:
        return this.#open(code, isOutside);
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        return this.#close();
      case COMMA:
        if (isOutside && !this.#wantsComma) return this.#refuse();
        if (isOutside) this.#wantsComma = false;
        break;
      case SLASH:
        if (this.#depth === 0) return this.#readComment();
        break;
      default:
        if (isOutside && code > SPACE) return this.#refuse();
    }
    this.#at++;
    return true;
  }

  #refuse(): boolean {
    const what = this.#depth === 0 ? 'something else than an object' : 'something else than an object in "items"';
    this.#fail(what);
    return false;
  }

  #open(code: number, isOutside: boolean): boolean {
    if (isOutside) {
      if (code !== OPEN_OBJECT || (this.#depth > 0 && this.#wantsComma)) return this.#refuse();
      this.#begin = this.#at;
      this.#beginLine = this.#line;
    } else if (
      code === OPEN_LIST &&
      this.#depth === 1 &&
      /"items"\s*:\s*$/.test(this.#pending.slice(Math.max(this.#begin, this.#at - 80), this.#at))
    ) {
      this.#listDepth = 2;
      this.#begin = -1;
      this.#wantsComma = false;
    }
    this.#depth++;
    this.#at++;
    return true;
  }

  #close(): boolean {
    if (this.#depth === 0) return this.#refuse();
    this.#depth--;
    this.#at++;
    if (this.#listDepth > 0 && this.#depth < this.#listDepth) {
      // What else the list has decides nothing.
      this.#listDepth = 0;
      this.#begin = -1;
      return true;
    }
    if (this.#depth !== this.#listDepth || this.#begin < 0) {
      if (this.#depth === 0) this.#finish();
      return true;
    }
    const comment = this.#comment.length > 0 ? this.#comment.join('\n') : undefined;
    const text = this.#pending.slice(this.#begin, this.#at);
    this.#begin = -1;
    this.#wantsComma = this.#listDepth > 0;
    this.#onObject({ text, line: this.#beginLine, comment });
    if (this.#depth === 0) this.#finish();
    return true;
  }

  #finish(): void {
    this.#comment = [];
    this.#begin = -1;
  }

  #readComment(): boolean {
    const end = this.#pending.indexOf('\n', this.#at);
    if (end < 0) return false;
    const line = this.#pending.slice(this.#at, end);
    if (!line.startsWith('//')) return this.#refuse();
    this.#comment.push(line.slice(2).trim());
    this.#at = end;
    return true;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const COMMA = 0x2c;
const SLASH = 0x2f;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

/**
 * Cuts YAML into its documents, and in the place of a document with `items:` on a line of its own (`kind: List`, which
 * `kubectl get -o yaml` prints) the objects in it. A list of any length takes the memory of its largest object.
 */
export class YamlSplitter implements ObjectSplitter {
  readonly #onObject: OnObject;
  #rest = '';
  #line = 0;
  #document: string[] = [];
  #documentLine = 1;
  #item: string[] | undefined;
  #itemLine = 0;
  /** -2: not in a list; -1: before its first item. */
  #indent = -2;
  #hasItems = false;
  #size = 0;
  #fault: SplitFault | undefined;

  constructor(onObject: OnObject) {
    this.#onObject = onObject;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    if (this.#rest.length > MAX_OBJECT)
      this.#fault ??= { line: this.#line + 1, message: 'an object of more than 16 MiB' };
    for (const line of lines) this.#add(line);
  }

  end(): SplitFault | undefined {
    if (this.#rest !== '') this.#add(this.#rest);
    this.#rest = '';
    this.#endDocument();
    return this.#fault;
  }

  #add(line: string): void {
    this.#line++;
    if (this.#fault) return;
    if (/^(?:---(?:\s|$)|\.\.\.\s*$)/.test(line)) {
      this.#endDocument();
      // A document may begin on that line.
      const begin = line.startsWith('---') ? line.slice(3) : '';
      if (begin.trim() !== '' && !begin.trim().startsWith('#')) this.#keep(` ${begin.trimEnd()}`);
      return;
    }
    if (this.#indent === -2) {
      if (/^items:\s*(?:#.*)?$/.test(line)) {
        this.#indent = -1;
        this.#hasItems = true;
      }
      this.#keep(line);
      return;
    }
    const indent = line.search(/[^ ]/);
    const isItem = indent >= 0 && /^-(?:\s|$)/.test(line.slice(indent));
    if (isItem && (this.#indent === -1 || indent === this.#indent)) {
      this.#endItem();
      this.#indent = indent;
      this.#itemLine = this.#line;
      this.#item = [];
      // The item alone, as deep as it was.
      this.#keep(`${line.slice(0, indent)} ${line.slice(indent + 1)}`);
    } else if (indent >= 0 && indent <= Math.max(this.#indent, 0) && !line.trimStart().startsWith('#')) {
      this.#endItem();
      this.#indent = -2;
      this.#keep(line);
    } else this.#keep(line);
  }

  #keep(line: string): void {
    this.#size += line.length + 1;
    if (this.#size > MAX_OBJECT) {
      this.#fault ??= { line: this.#line, message: 'an object of more than 16 MiB' };
      return;
    }
    if (this.#item) this.#item.push(line);
    else {
      if (this.#document.length === 0) this.#documentLine = this.#line;
      this.#document.push(line);
    }
  }

  #endItem(): void {
    if (!this.#item) return;
    const text = `${this.#item.join('\n')}\n`;
    this.#item = undefined;
    this.#size = 0;
    this.#onObject({ text, line: this.#itemLine });
  }

  #endDocument(): void {
    this.#endItem();
    const isEmpty = this.#document.every((line) => /^\s*(?:#.*)?$/.test(line));
    // Of a list with items nothing else decides anything.
    const hasGiven = this.#hasItems && this.#indent !== -1;
    if (!isEmpty && !hasGiven && !this.#fault) {
      this.#onObject({ text: `${this.#document.join('\n')}\n`, line: this.#documentLine });
    }
    this.#document = [];
    this.#size = 0;
    this.#indent = -2;
    this.#hasItems = false;
  }
}
