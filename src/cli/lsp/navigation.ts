import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DocumentLink, Location, Range, TextEdit, WorkspaceEdit } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Span } from '../../editor/profile-view.js';
import { type FileReference, fileReferences, localNames, objectNames } from '../../editor/references.js';
import { refusal } from './asked.js';
import { type OpenDocument, pathOf } from './open-document.js';
import {
  type BaseFolders,
  type FoundReference,
  fileKey,
  nameKey,
  type ReferredProfile,
  type WorkspaceFiles,
} from './workspace-files.js';

type Changes = NonNullable<WorkspaceEdit['changes']>;

/** What can be renamed at a place, and the text that is renamed there. */
interface Renamed extends Span {
  readonly name: string;
  /** A file that is referred to, or a SeccompProfile that has the name. A name of kafel has neither. */
  readonly file?: string;
  readonly object?: ReferredProfile;
}

/** Definitions, references and other names: what leads from a profile to another, and to the names in it. */
export class Navigation {
  readonly #files: WorkspaceFiles;
  readonly #bases: () => BaseFolders;

  constructor(files: WorkspaceFiles, bases: () => BaseFolders) {
    this.#files = files;
    this.#bases = bases;
  }

  async links(open: OpenDocument): Promise<DocumentLink[]> {
    const links: DocumentLink[] = [];
    for (const reference of fileReferences(open.text, open.format)) {
      const path = (await this.#find(reference, open))?.path;
      if (path !== undefined) links.push({ range: open.range(reference), target: pathToFileURL(path).href });
    }
    return links;
  }

  async definition(open: OpenDocument, offset: number): Promise<Location | undefined> {
    const reference = referenceAt(open, offset);
    if (reference) {
      const found = await this.#find(reference, open);
      if (found?.path === undefined) return undefined;
      return { uri: pathToFileURL(found.path).href, range: this.#rangeOf(found) };
    }
    const [definition] = localNames(open.text, open.format, offset);
    return definition && { uri: open.uri, range: open.range(definition) };
  }

  /** Of a name of kafel: its uses. Of a reference, or a SeccompProfile's name: all that lead there. Elsewhere: what leads to this file. */
  async references(open: OpenDocument, offset: number, withDeclaration: boolean): Promise<Location[]> {
    const local = localNames(open.text, open.format, offset);
    if (local.length > 0) {
      return local
        .filter(({ isDefinition }) => withDeclaration || !isDefinition)
        .map((each) => ({ uri: open.uri, range: open.range(each) }));
    }
    const found = await this.#files.referencesTo(await this.#keysAt(open, offset), open.path, this.#bases());
    return found.map(({ file, text, reference }) => ({
      uri: pathToFileURL(file).href,
      range: rangeIn(text, reference),
    }));
  }

  async #keysAt(open: OpenDocument, offset: number): Promise<string[]> {
    const reference = referenceAt(open, offset);
    if (reference) {
      const found = await this.#find(reference, open);
      return found ? [found.key] : [];
    }
    const names = objectNames(open.text);
    const own = names.find((each) => isIn(each, offset));
    if (own) return [nameKey(open.path, own.name)];
    return [fileKey(open.path), ...names.map(({ name }) => nameKey(open.path, name))];
  }

  /** A name of kafel, a SeccompProfile's name, or the file that is referred to. */
  async renamed(open: OpenDocument, offset: number): Promise<Renamed | undefined> {
    const local = localNames(open.text, open.format, offset).find((each) => isIn(each, offset));
    if (local) return local;
    const own = objectNames(open.text).find((each) => isIn(each, offset));
    if (own) return { ...own, object: { key: nameKey(open.path, own.name), path: open.path, name: own } };
    const reference = referenceAt(open, offset);
    const found = reference && (await this.#find(reference, open));
    if (!reference || found?.path === undefined) return undefined;
    if (found.name) return { from: reference.from, to: reference.to, name: reference.target, object: found };
    const name = basename(reference.target);
    const from = reference.to - name.length;
    const isOwn = reference.kind !== 'name' && basename(found.path) === name && offset >= from;
    return isOwn ? { from, to: reference.to, name, file: found.path } : undefined;
  }

  async rename(open: OpenDocument, offset: number, newName: string): Promise<WorkspaceEdit> {
    const local = localNames(open.text, open.format, offset);
    if (local.length > 0) {
      if (!/^[A-Za-z_]\w*$/.test(newName)) throw refusal('a name of kafel has letters, digits and _');
      return { changes: { [open.uri]: local.map((each) => ({ range: open.range(each), newText: newName })) } };
    }
    const renamed = await this.renamed(open, offset);
    if (!renamed) throw refusal('nothing here can be renamed: names of system calls are the kernel’s');
    if (renamed.object) {
      // RFC 1123, as Kubernetes has the names of objects.
      if (!OBJECT_NAME.test(newName)) throw refusal('a name of Kubernetes has small letters, digits, dots and dashes');
      return { changes: await this.#renamedObject(renamed.object, newName) };
    }
    const path = renamed.file as string;
    if (!/^[\w][\w.-]*$/.test(newName)) throw refusal('give a name of letters, digits, dots and dashes');
    const changes = await this.#renamedFile(path, newName);
    const [oldUri, newUri] = [path, join(dirname(path), newName)].map((each) => pathToFileURL(each).href);
    return {
      documentChanges: [
        ...Object.entries(changes).map(([uri, edits]) => ({ textDocument: { uri, version: null }, edits })),
        { kind: 'rename', oldUri: oldUri as string, newUri: newUri as string },
      ],
    };
  }

  /** What an editor has to change with files that it renames. */
  async filesRenamed(files: readonly { oldUri: string; newUri: string }[]): Promise<WorkspaceEdit | null> {
    const changes: Changes = {};
    for (const { oldUri, newUri } of files) {
      const [oldPath, newPath] = [pathOf(oldUri), pathOf(newUri)];
      if (dirname(oldPath) !== dirname(newPath)) continue;
      for (const [uri, edits] of Object.entries(await this.#renamedFile(oldPath, basename(newPath)))) {
        changes[uri] = [...(changes[uri] ?? []), ...edits];
      }
    }
    return Object.keys(changes).length > 0 ? { changes } : null;
  }

  /** A SeccompProfile has another name: so do the baseProfileNames that are about it. */
  async #renamedObject({ key, path, name }: ReferredProfile, newName: string): Promise<Changes> {
    const found = await this.#files.referencesTo([key], path as string, this.#bases());
    const text = this.#files.text(path as string) as string;
    const places = [{ file: path as string, text, span: name as Span }, ...found.map(placeOf)];
    return changesOf(places.map((each) => ({ ...each, newText: newName })));
  }

  /** The edits of what refers to a file that gets another name in its folder. */
  async #renamedFile(path: string, newName: string): Promise<Changes> {
    const found = await this.#files.referencesTo([fileKey(path)], path, this.#bases());
    return changesOf(
      found.map(({ file, text, reference: { target, to } }) => {
        const name = basename(target);
        // A name without its extension keeps none.
        const newText = name === basename(path) ? newName : newName.replace(/\.[^.]*$/, '');
        return { file, text, span: { from: to - name.length, to }, newText };
      }),
    );
  }

  #find(reference: FileReference, open: OpenDocument): Promise<ReferredProfile | undefined> {
    return this.#files.find(reference, open.path, this.#bases());
  }

  #rangeOf({ path, name }: ReferredProfile): Range {
    const start = { line: 0, character: 0 };
    const text = name && path !== undefined ? this.#files.text(path) : undefined;
    return name && text !== undefined ? rangeIn(text, name) : { start, end: start };
  }
}

const OBJECT_NAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

const isIn = ({ from, to }: Span, offset: number): boolean => from <= offset && offset <= to;

const referenceAt = (open: OpenDocument, offset: number): FileReference | undefined =>
  fileReferences(open.text, open.format).find((each) => isIn(each, offset));

const placeOf = ({ file, text, reference }: FoundReference) => ({ file, text, span: reference });

function changesOf(edits: readonly { file: string; text: string; span: Span; newText: string }[]): Changes {
  const changes: Record<string, TextEdit[]> = {};
  for (const { file, text, span, newText } of edits) {
    const uri = pathToFileURL(file).href;
    changes[uri] = [...(changes[uri] ?? []), { range: rangeIn(text, span), newText }];
  }
  return changes;
}

function rangeIn(text: string, { from, to }: Span): Range {
  const document = TextDocument.create('', '', 0, text);
  return { start: document.positionAt(from), end: document.positionAt(to) };
}
