import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type CodeAction,
  CodeActionKind,
  CompletionItemKind,
  type Connection,
  createConnection,
  DidChangeConfigurationNotification,
  ErrorCodes,
  FoldingRangeKind,
  type InitializeParams,
  type InitializeResult,
  InlayHintKind,
  type Location,
  MarkupKind,
  ProposedFeatures,
  ResponseError,
  SymbolKind,
  type TextDocumentIdentifier,
  type TextDocumentPositionParams,
  TextDocumentSyncKind,
  TextDocuments,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { complete } from '../../editor/complete.js';
import { decodedValues } from '../../editor/decoded-values.js';
import { isOperators, looksLikeProfile } from '../../editor/editor-format.js';
import { foldsOf } from '../../editor/folding.js';
import { formatProfileText } from '../../editor/format/format-profile-text.js';
import { callAt, type HoverTarget, hoverAt } from '../../editor/hover.js';
import { type FileReference, fileReferences, localNames } from '../../editor/references.js';
import { semanticTokens, TOKEN_TYPES } from '../../editor/semantic-tokens.js';
import { profileSymbols } from '../../editor/symbols.js';
import type { Word } from '../../editor/vocabulary.js';
import { ScmpError } from '../../errors.js';
import { VERSION } from '../../version.js';
import { includedFile } from '../included-files.js';
import { firstArchitecture, formatOf } from './analysis.js';
import { Analyst, QuestionError, WithdrawnError } from './analyst.js';
import { COMMANDS } from './commands.js';
import { committedText } from './committed-text.js';
import { diagnosticOf, quickFixes } from './diagnostics.js';
import { OpenDocument, pathOf } from './open-document.js';
import { DEFAULT_SETTINGS, parseSettings, type Settings } from './settings.js';
import { textDifference } from './text-difference.js';
import { metadataName, WorkspaceFiles } from './workspace-files.js';

const FIX_ALL = `${CodeActionKind.SourceFixAll}.scmp`;

/** Milliseconds: a check whose first findings take longer waits for the end of a burst of keystrokes, and at most so long. */
const [SLOW_CHECK, MAX_WAIT] = [400, 500];

/** How many documents keep what was read of them. */
const KEPT_VIEWS = 6;
/** How long a hover waits for the filter's decisions, in milliseconds. */
const HOVER_WAITS = 4000;
/** As much of an answer as a message of an editor shows. */
const MAX_SHOWN = 3000;

const KINDS: Readonly<Record<Word['kind'], CompletionItemKind>> = {
  call: CompletionItemKind.Function,
  action: CompletionItemKind.Keyword,
  architecture: CompletionItemKind.EnumMember,
  capability: CompletionItemKind.EnumMember,
  group: CompletionItemKind.Module,
  constant: CompletionItemKind.Constant,
  keyword: CompletionItemKind.Keyword,
  profile: CompletionItemKind.File,
  key: CompletionItemKind.Property,
};

const SYMBOL_KINDS = {
  default: SymbolKind.Constant,
  entry: SymbolKind.Function,
  policy: SymbolKind.Class,
  constant: SymbolKind.Constant,
  section: SymbolKind.Namespace,
  base: SymbolKind.File,
} as const;

/** Serve the language server protocol on standard input and output, until the client ends it. */
export function serve(): void {
  new Server(createConnection(ProposedFeatures.all, process.stdin, process.stdout)).listen();
}

class Server {
  readonly #connection: Connection;
  readonly #documents = new TextDocuments(TextDocument);
  readonly #analyst = new Analyst();
  readonly #open = new Map<string, OpenDocument>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #files = new WorkspaceFiles((path) => this.#openText(path));
  #settings: Settings = DEFAULT_SETTINGS;
  #client = { configuration: false, dynamicSettings: false, resolvesActions: false, changesFolders: false };
  /** How long the first findings of the last check took, in milliseconds: after long ones more keystrokes are waited for. */
  #lastCheck = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.onInitialize((params) => this.#initialize(params));
    connection.onInitialized(() => this.#initialized());
    connection.onShutdown(() => this.#end());
    connection.onDidChangeConfiguration(({ settings }) =>
      this.#loadSettings(settings as { scmp?: unknown } | undefined),
    );
    this.#documents.onDidOpen(({ document }) => this.#changed(document, 0));
    this.#documents.onDidChangeContent(({ document }) => this.#changed(document));
    this.#documents.onDidSave(({ document }) => this.#saved(document));
    this.#documents.onDidClose(({ document }) => this.#closed(document.uri));
    this.#answer();
    this.#documents.listen(connection);
  }

  listen(): void {
    this.#connection.listen();
    process.once('exit', () => this.#files.end());
  }

  #initialize({ capabilities, workspaceFolders, rootUri, initializationOptions }: InitializeParams): InitializeResult {
    const { workspace, textDocument } = capabilities;
    this.#client = {
      configuration: workspace?.configuration === true,
      dynamicSettings: workspace?.didChangeConfiguration?.dynamicRegistration === true,
      resolvesActions: textDocument?.codeAction?.resolveSupport?.properties.includes('edit') === true,
      changesFolders: workspace?.workspaceFolders === true,
    };
    const folders = workspaceFolders?.map(({ uri }) => uri) ?? (rootUri ? [rootUri] : []);
    this.#files.folders = folders.map(pathOf);
    if (initializationOptions !== undefined && initializationOptions !== null) this.#take(initializationOptions);
    return {
      serverInfo: { name: 'scmp', version: VERSION },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
        completionProvider: {
          triggerCharacters: ['"', '@', ':', '=', '(', '[', '{', ' ', ',', '|', '&', '~', '!', '#'],
        },
        hoverProvider: true,
        definitionProvider: true,
        referencesProvider: true,
        renameProvider: { prepareProvider: true },
        documentSymbolProvider: true,
        foldingRangeProvider: true,
        documentLinkProvider: {},
        documentFormattingProvider: true,
        semanticTokensProvider: { legend: { tokenTypes: [...TOKEN_TYPES], tokenModifiers: [] }, full: true },
        inlayHintProvider: true,
        codeLensProvider: { resolveProvider: false },
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, FIX_ALL], resolveProvider: true },
        executeCommandProvider: { commands: Object.values(COMMANDS) },
        workspace: {
          workspaceFolders: { supported: true, changeNotifications: true },
          fileOperations: { willRename: { filters: [{ pattern: { glob: '**/*' } }] } },
        },
      },
    };
  }

  async #initialized(): Promise<void> {
    if (this.#client.dynamicSettings) {
      await this.#connection.client.register(DidChangeConfigurationNotification.type, { section: 'scmp' });
    }
    if (this.#client.changesFolders) {
      this.#connection.workspace.onDidChangeWorkspaceFolders(async () => {
        const folders = await this.#connection.workspace.getWorkspaceFolders();
        this.#files.folders = (folders ?? []).map(({ uri }) => pathOf(uri));
      });
    }
    if (this.#client.configuration) await this.#loadSettings(undefined);
  }

  async #end(): Promise<void> {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#files.end();
    await this.#analyst.end();
  }

  // Settings

  async #loadSettings(pushed: { scmp?: unknown } | undefined): Promise<void> {
    let given: unknown = pushed?.scmp;
    if (this.#client.configuration) {
      try {
        given = await this.#connection.workspace.getConfiguration('scmp');
      } catch {
        // the client has none for us
      }
    }
    if (given !== undefined && given !== null) this.#take(given);
  }

  #take(given: unknown): void {
    const { settings, faults } = parseSettings(given);
    if (faults.length > 0) {
      void this.#connection.window.showErrorMessage(
        `scmp's settings: ${faults.join('; ')}. What is wrong has its default.`,
      );
    }
    this.#settings = settings;
    this.#open.clear();
    for (const document of this.#documents.all()) this.#changed(document, 0);
  }

  // Documents

  #changed(document: TextDocument, wait: number = this.#debounce()): void {
    const { uri } = document;
    this.#analyst.withdraw(checkKey(uri));
    this.#analyst.withdraw(countKey(uri));
    this.#open.set(uri, new OpenDocument(document, this.#settings));
    this.#release(uri);
    clearTimeout(this.#timers.get(uri));
    if (this.#settings.run === 'off' || (this.#settings.run === 'onSave' && wait > 0)) return;
    this.#timers.set(
      uri,
      setTimeout(() => void this.#check(uri), wait),
    );
  }

  #saved(document: TextDocument): void {
    if (this.#settings.run === 'onSave') this.#changed(document, 0);
    // A base or an included file may be another now.
    for (const other of this.#open.values()) {
      const isBased = other.uri !== document.uri && fileReferences(other.text, other.format).length > 0;
      const changed = this.#documents.get(other.uri);
      if (isBased && changed) this.#changed(changed, 0);
    }
  }

  #closed(uri: string): void {
    clearTimeout(this.#timers.get(uri));
    this.#timers.delete(uri);
    this.#open.delete(uri);
    this.#analyst.withdraw(checkKey(uri));
    this.#analyst.withdraw(countKey(uri));
    void this.#connection.sendDiagnostics({ uri, diagnostics: [] });
  }

  /** Milliseconds: as the settings say, and longer where checks take long. */
  #debounce(): number {
    return Math.max(
      this.#settings.debounce,
      this.#lastCheck < SLOW_CHECK ? 0 : Math.min(MAX_WAIT, this.#lastCheck / 2),
      1,
    );
  }

  /** The views that are longest unused are read again when they are needed. */
  #release(latest: string): void {
    const open = this.#open.get(latest);
    if (!open) return;
    this.#open.delete(latest);
    this.#open.set(latest, open);
    const all = [...this.#open.values()];
    for (const each of all.slice(0, Math.max(0, all.length - KEPT_VIEWS))) each.release();
  }

  #document({ uri }: TextDocumentIdentifier): OpenDocument {
    const open = this.#open.get(uri);
    if (!open) throw new ResponseError(ErrorCodes.InvalidParams, `the document ${uri} is not open`);
    this.#release(uri);
    return open;
  }

  #openText(path: string): string | undefined {
    for (const open of this.#open.values()) if (open.path === path) return open.text;
    return undefined;
  }

  // Diagnostics

  async #check(uri: string): Promise<void> {
    const open = this.#open.get(uri);
    if (!open) return;
    const { version } = open.document;
    const publish = (problems: NonNullable<OpenDocument['problems']>) => {
      if (this.#open.get(uri) !== open) return;
      open.problems = problems;
      void this.#connection.sendDiagnostics({
        uri,
        version,
        diagnostics: problems.map((each) => diagnosticOf(each, open)),
      });
    };
    const isNamed = open.named !== undefined;
    if (open.text.trim() === '' || (!isNamed && !looksLikeProfile(open.text, open.format))) {
      publish([]);
      return;
    }
    const started = performance.now();
    let took: number | undefined;
    const publishPart: typeof publish = (problems) => {
      took ??= performance.now() - started;
      publish(problems);
    };
    try {
      publishPart(await this.#analyst.ask('check', open.edited, { key: checkKey(uri), publish: publishPart }));
      this.#lastCheck = took ?? 0;
    } catch (error) {
      this.#lastCheck = took ?? performance.now() - started;
      if (error instanceof WithdrawnError) return;
      // Nothing stale stays beside a newer text.
      publish([{ severity: 'error', id: 'internal', message: messageOf(error), path: '' }]);
    }
  }

  // Answers

  #answer(): void {
    const connection = this.#connection;
    /** The answer to a request about a place. */
    const at =
      <Result>(answer: (open: OpenDocument, offset: number) => Result) =>
      ({ textDocument, position }: TextDocumentPositionParams): Result => {
        const open = this.#document(textDocument);
        return answer(open, open.offsetAt(position));
      };
    connection.onCompletion(at((open, offset) => this.#complete(open, offset)));
    connection.onHover(at((open, offset) => this.#hover(open, offset)));
    connection.onDefinition(at((open, offset) => this.#definition(open, offset)));
    connection.onPrepareRename(
      at((open, offset) => {
        const renamed = this.#renamed(open, offset);
        return renamed && { range: open.range(renamed), placeholder: renamed.name };
      }),
    );
    connection.onReferences(({ textDocument, position, context }) => {
      const open = this.#document(textDocument);
      return this.#references(open, open.offsetAt(position), context.includeDeclaration);
    });
    connection.onRenameRequest(({ textDocument, position, newName }) => {
      const open = this.#document(textDocument);
      return this.#rename(open, open.offsetAt(position), newName);
    });
    connection.workspace.onWillRenameFiles(({ files }) => this.#filesRenamed(files));
    connection.onDocumentSymbol(({ textDocument }) => {
      const open = this.#document(textDocument);
      return profileSymbols(open.view).map(({ name, detail, kind, selection, ...span }) => ({
        name: name || detail || kind,
        detail,
        kind: SYMBOL_KINDS[kind],
        range: open.range(span),
        selectionRange: open.range(selection),
      }));
    });
    connection.onFoldingRanges(({ textDocument }) => {
      const open = this.#document(textDocument);
      return foldsOf(open.text, open.format).map(({ from, to, kind }) => ({
        startLine: from,
        endLine: to,
        kind: kind === 'comment' ? FoldingRangeKind.Comment : FoldingRangeKind.Region,
      }));
    });
    connection.onDocumentLinks(({ textDocument }) => {
      const open = this.#document(textDocument);
      return fileReferences(open.text, open.format).flatMap((reference) => {
        const path = this.#files.find(reference, open.path, this.#settings.base);
        return path === undefined ? [] : [{ range: open.range(reference), target: pathToFileURL(path).href }];
      });
    });
    connection.onDocumentFormatting(({ textDocument }) => this.#format(this.#document(textDocument)));
    connection.languages.semanticTokens.on(({ textDocument }) => this.#tokens(this.#document(textDocument)));
    connection.languages.inlayHint.on(({ textDocument, range }) => {
      if (!this.#settings.inlayHints) return [];
      const open = this.#document(textDocument);
      const [from, to] = [open.offsetAt(range.start), open.offsetAt(range.end)];
      return decodedValues(open.view, firstArchitecture(this.#settings))
        .filter((each) => each.from >= from && each.to <= to)
        .map(({ text, meaning, to: end }) => ({
          position: open.positionAt(end),
          label: text,
          kind: InlayHintKind.Type,
          paddingLeft: true,
          tooltip: meaning,
        }));
    });
    connection.onCodeLens(({ textDocument }) => this.#lenses(this.#document(textDocument)));
    connection.onCodeAction(({ textDocument, range, context }) => {
      const open = this.#document(textDocument);
      return this.#actions(open, [open.offsetAt(range.start), open.offsetAt(range.end)], context.only);
    });
    connection.onCodeActionResolve(async (action) => {
      const uri = (action.data as { uri?: unknown } | undefined)?.uri;
      if (typeof uri !== 'string' || action.edit) return action;
      return { ...action, edit: await this.#fixAll(this.#document({ uri })) };
    });
    connection.onExecuteCommand(({ command, arguments: given = [] }) => this.#execute(command, given));
  }

  #complete(open: OpenDocument, offset: number) {
    const architecture = firstArchitecture(this.#settings);
    const found = complete(open.text, offset, { named: open.named, fileName: open.path, architecture });
    if (!found) return [];
    const range = open.range(found);
    const written = open.text.slice(found.from, offset);
    return found.options.map(({ label, apply = label, detail, info, kind }) => ({
      label,
      kind: KINDS[kind],
      ...(detail === undefined ? {} : { detail }),
      ...(info === undefined ? {} : { documentation: info }),
      // Editors compare what is written, with its quote, with this.
      filterText: /^["']/.test(written) ? `${written[0]}${label}` : label,
      textEdit: { range, newText: apply },
    }));
  }

  async #hover(open: OpenDocument, offset: number) {
    const call = callAt(open.view, offset);
    let targets: readonly HoverTarget[] = [];
    if (call && open.view.profile) {
      const waits = new Promise<readonly HoverTarget[]>((resolve) => setTimeout(resolve, HOVER_WAITS, []).unref());
      const key = `hover ${open.uri}`;
      const asked = this.#analyst.ask('decide', { ...open.edited, call: call.name }, { key }).catch(() => []);
      targets = await Promise.race([asked, waits]);
    }
    const found = hoverAt(open.view, offset, targets);
    return found && { contents: { kind: MarkupKind.Markdown, value: found.markdown }, range: open.range(found) };
  }

  #referenceAt(open: OpenDocument, offset: number): FileReference | undefined {
    return fileReferences(open.text, open.format).find(({ from, to }) => from <= offset && offset <= to);
  }

  #definition(open: OpenDocument, offset: number): Location | undefined {
    const reference = this.#referenceAt(open, offset);
    if (reference) {
      const path = this.#files.find(reference, open.path, this.#settings.base);
      const start = { line: 0, character: 0 };
      return path === undefined ? undefined : { uri: pathToFileURL(path).href, range: { start, end: start } };
    }
    const [definition] = localNames(open.text, open.format, offset);
    return definition && { uri: open.uri, range: open.range(definition) };
  }

  /** Of a name of kafel: its uses. Of a reference: all that lead to the same file. Elsewhere: what leads to this file. */
  #references(open: OpenDocument, offset: number, withDeclaration: boolean): Location[] {
    const local = localNames(open.text, open.format, offset);
    if (local.length > 0) {
      return local
        .filter(({ isDefinition }) => withDeclaration || !isDefinition)
        .map((each) => ({ uri: open.uri, range: open.range(each) }));
    }
    const reference = this.#referenceAt(open, offset);
    const path = reference ? this.#files.find(reference, open.path, this.#settings.base) : open.path;
    if (path === undefined) return [];
    return [...this.#files.referencesTo(path, this.#settings.base)].map(({ file, text, reference: found }) => ({
      uri: pathToFileURL(file).href,
      range: rangeIn(text, found),
    }));
  }

  /** What can be renamed at a place: a name of kafel, a SeccompProfile's name, or the file that is referred to. */
  #renamed(open: OpenDocument, offset: number): { from: number; to: number; name: string } | undefined {
    const local = localNames(open.text, open.format, offset).find(({ from, to }) => from <= offset && offset <= to);
    if (local) return local;
    const own = isOperators(open.format) ? metadataName(open.text) : undefined;
    if (own && own.from <= offset && offset <= own.to) return own;
    const reference = this.#referenceAt(open, offset);
    if (!reference || reference.kind === 'name') return undefined;
    const path = this.#files.find(reference, open.path, this.#settings.base);
    const isOwn = path !== undefined && basename(path) === basename(reference.target);
    const at = reference.to - basename(reference.target).length;
    return isOwn && offset >= at ? { from: at, to: reference.to, name: basename(reference.target) } : undefined;
  }

  #rename(open: OpenDocument, offset: number, newName: string): WorkspaceEdit {
    const refuse = (why: string) => new ResponseError(ErrorCodes.InvalidParams, why);
    const local = localNames(open.text, open.format, offset);
    if (local.length > 0) {
      if (!/^[A-Za-z_]\w*$/.test(newName)) throw refuse('a name of kafel has letters, digits and _');
      return { changes: { [open.uri]: local.map((each) => ({ range: open.range(each), newText: newName })) } };
    }
    const renamed = this.#renamed(open, offset);
    if (!renamed) throw refuse('nothing here can be renamed: names of system calls are the kernel’s');
    if (!/^[\w][\w.-]*$/.test(newName)) throw refuse('give a name of letters, digits, dots and dashes');
    const reference = this.#referenceAt(open, offset);
    if (!reference) return this.#renameObject(open, renamed, newName);
    const path = this.#files.find(reference, open.path, this.#settings.base) as string;
    const newPath = path.slice(0, path.length - basename(path).length) + newName;
    const edits = this.#editsForRename(path, newName);
    const [oldUri, newUri] = [pathToFileURL(path).href, pathToFileURL(newPath).href];
    return {
      documentChanges: [
        ...Object.entries(edits).map(([uri, each]) => ({ textDocument: { uri, version: null }, edits: each })),
        { kind: 'rename' as const, oldUri, newUri },
      ],
    };
  }

  /** A SeccompProfile has another name: so do the baseProfileNames that are about it. */
  #renameObject(open: OpenDocument, own: { from: number; to: number; name: string }, newName: string): WorkspaceEdit {
    const changes: NonNullable<WorkspaceEdit['changes']> = {
      [open.uri]: [{ range: open.range(own), newText: newName }],
    };
    for (const { file, text, reference } of this.#files.referencesTo(open.path, this.#settings.base)) {
      if (reference.kind !== 'name' || reference.target !== own.name) continue;
      const uri = pathToFileURL(file).href;
      changes[uri] = [...(changes[uri] ?? []), { range: rangeIn(text, reference), newText: newName }];
    }
    return { changes };
  }

  /** The edits of what refers to a file that gets another name in its folder. */
  #editsForRename(path: string, newName: string): NonNullable<WorkspaceEdit['changes']> {
    const changes: NonNullable<WorkspaceEdit['changes']> = {};
    for (const { file, text, reference } of this.#files.referencesTo(path, this.#settings.base)) {
      if (reference.kind === 'name') continue;
      const name = basename(reference.target);
      // A name without its extension keeps none.
      const isBare = name !== basename(path);
      const newText = isBare ? newName.replace(/\.[^.]*$/, '') : newName;
      const uri = pathToFileURL(file).href;
      const range = rangeIn(text, { from: reference.to - name.length, to: reference.to });
      changes[uri] = [...(changes[uri] ?? []), { range, newText }];
    }
    return changes;
  }

  #filesRenamed(files: readonly { oldUri: string; newUri: string }[]): WorkspaceEdit | null {
    const changes: NonNullable<WorkspaceEdit['changes']> = {};
    for (const { oldUri, newUri } of files) {
      const [oldPath, newPath] = [pathOf(oldUri), pathOf(newUri)];
      const isInPlace = oldPath.slice(0, -basename(oldPath).length) === newPath.slice(0, -basename(newPath).length);
      if (!isInPlace) continue;
      for (const [uri, edits] of Object.entries(this.#editsForRename(oldPath, basename(newPath)))) {
        changes[uri] = [...(changes[uri] ?? []), ...edits];
      }
    }
    return Object.keys(changes).length > 0 ? { changes } : null;
  }

  /** As `scmp fmt`. What cannot be read stays as it is: its diagnostics say why. */
  #format(open: OpenDocument) {
    try {
      const options = { source: open.path, format: formatOf(open.edited), include: includedFile };
      const formatted = formatProfileText(open.text, options);
      if (formatted === open.text) return [];
      const { offset, length, text } = textDifference(open.text, formatted);
      return [{ range: open.range({ from: offset, to: offset + length }), newText: text }];
    } catch (error) {
      if (error instanceof ScmpError) return [];
      throw error;
    }
  }

  #tokens(open: OpenDocument) {
    const data: number[] = [];
    let [line, character] = [0, 0];
    for (const { from, to, type } of semanticTokens(open.text, open.format)) {
      const start = open.positionAt(from);
      const isSameLine = start.line === line;
      data.push(start.line - line, isSameLine ? start.character - character : start.character, to - from);
      data.push(TOKEN_TYPES.indexOf(type), 0);
      [line, character] = [start.line, start.character];
    }
    return { data };
  }

  async #lenses(open: OpenDocument) {
    if (!this.#settings.codeLens || !open.view.profile) return [];
    const start = { line: 0, character: 0 };
    const range = { start, end: start };
    let title: string | undefined;
    try {
      title = await this.#analyst.ask('count', open.edited, { key: countKey(open.uri) });
    } catch (error) {
      if (error instanceof WithdrawnError) return [];
    }
    const lenses = [];
    if (title) lenses.push({ range, command: { title, command: COMMANDS.explain, arguments: [open.uri] } });
    if (open.uri.startsWith('file:')) {
      lenses.push({
        range,
        command: { title: 'diff with HEAD', command: COMMANDS.diffWithHead, arguments: [open.uri] },
      });
    }
    return lenses;
  }

  async #actions(open: OpenDocument, [from, to]: [number, number], only: readonly string[] | undefined) {
    const wants = (kind: string) =>
      only === undefined || only.some((each) => kind === each || kind.startsWith(`${each}.`));
    const actions: CodeAction[] = [];
    const problems = open.problems ?? [];
    if (wants(CodeActionKind.QuickFix)) {
      for (const problem of problems) {
        const diagnostic = diagnosticOf(problem, open);
        const [start, end] = [open.offsetAt(diagnostic.range.start), open.offsetAt(diagnostic.range.end)];
        if (start > to || end < from) continue;
        for (const { title, edits, isPreferred } of quickFixes(problem, open)) {
          const edit = { changes: { [open.uri]: [...edits] } };
          actions.push({ title, kind: CodeActionKind.QuickFix, diagnostics: [diagnostic], isPreferred, edit });
        }
      }
    }
    const isFixable = problems.some(({ fix, source }) => fix?.length && source === undefined);
    // Offered where it is asked for: the fixes are made and compared when it is taken.
    if (isFixable && wants(FIX_ALL)) {
      const title = 'Fix all that scmp check --fix fixes';
      const action: CodeAction = { title, kind: FIX_ALL, data: { uri: open.uri } };
      actions.push(this.#client.resolvesActions ? action : { ...action, edit: await this.#fixAll(open) });
    }
    return actions;
  }

  async #fixAll(open: OpenDocument): Promise<WorkspaceEdit> {
    const { edits } = await this.#asked(this.#analyst.ask('fixAll', open.edited, { key: `fix ${open.uri}` }));
    const changed = edits.map(({ offset, length, text }) => ({
      range: open.range({ from: offset, to: offset + length }),
      newText: text,
    }));
    return { changes: { [open.uri]: changed } };
  }

  // Commands

  async #execute(command: string, [uri, ...rest]: readonly unknown[]): Promise<string> {
    if (typeof uri !== 'string') {
      throw new ResponseError(ErrorCodes.InvalidParams, `${command} takes the URI of an open document first`);
    }
    const words = rest
      .map((each) => String(each))
      .flatMap((each) => each.trim().split(/\s+/))
      .filter(Boolean);
    const open = this.#document({ uri });
    const text = await this.#asked(this.#answerTo(command, open, words));
    const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}\n…` : text;
    void this.#connection.window.showInformationMessage(shown);
    return text;
  }

  async #answerTo(command: string, open: OpenDocument, words: readonly string[]): Promise<string> {
    switch (command) {
      case COMMANDS.simulate: {
        const [call, ...args] = words;
        if (call === undefined)
          throw new ResponseError(ErrorCodes.InvalidParams, 'name a system call, as "socket AF_UNIX"');
        return this.#analyst.ask('simulate', { ...open.edited, call, args });
      }
      case COMMANDS.explain:
        return this.#analyst.ask('explain', { ...open.edited, call: words[0] });
      case COMMANDS.diffWithHead: {
        const text = await committedText(open.path);
        if (text === undefined) return `${basename(open.path)} is in no commit`;
        const before = { ...open.edited, text };
        const names = [`${basename(open.path)} in HEAD`, 'as it is now'] as const;
        return this.#analyst.ask('compare', { before, after: open.edited, names });
      }
      default:
        throw new ResponseError(ErrorCodes.InvalidParams, `there is no command ${command}`);
    }
  }

  /** An answer; what the worker says of an error is for the user. */
  async #asked<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof WithdrawnError) throw new ResponseError(-32800, 'withdrawn');
      if (error instanceof QuestionError) {
        throw new ResponseError(error.isOwn ? ErrorCodes.InternalError : -32803, messageOf(error));
      }
      throw error;
    }
  }
}

const messageOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof QuestionError && !error.isOwn ? message : `a fault of scmp, please report it: ${message}`;
};

const checkKey = (uri: string) => `check ${uri}`;
const countKey = (uri: string) => `count ${uri}`;

function rangeIn(text: string, { from, to }: { from: number; to: number }) {
  const document = TextDocument.create('', '', 0, text);
  return { start: document.positionAt(from), end: document.positionAt(to) };
}
