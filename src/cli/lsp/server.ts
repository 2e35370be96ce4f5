import {
  CodeActionKind,
  type Connection,
  createConnection,
  DidChangeConfigurationNotification,
  ErrorCodes,
  type InitializeParams,
  type InitializeResult,
  ProposedFeatures,
  type ReferenceParams,
  type RenameParams,
  ResponseError,
  type TextDocumentIdentifier,
  type TextDocumentPositionParams,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { looksLikeProfile } from '../../editor/editor-format.js';
import { fileReferences } from '../../editor/references.js';
import { TOKEN_TYPES } from '../../editor/semantic-tokens.js';
import { VERSION } from '../../version.js';
import { Analyst, WithdrawnError } from './analyst.js';
import { asked, messageOf } from './asked.js';
import { codeActions, FIX_ALL, fixAll } from './code-actions.js';
import { answerTo, askedPlace, COMMANDS } from './commands.js';
import { diagnosticOf } from './diagnostics.js';
import { Navigation } from './navigation.js';
import { OpenDocument, pathOf } from './open-document.js';
import {
  completionItems,
  countKey,
  documentSymbols,
  foldingRanges,
  formattingEdits,
  hover,
  inlayHints,
  lenses,
  tokensOf,
} from './presentation.js';
import { DEFAULT_SETTINGS, parseSettings, type Settings, settingsIn } from './settings.js';
import { WorkspaceFiles } from './workspace-files.js';

/** Milliseconds: a check whose first findings take longer waits for the end of a burst of keystrokes, and at most so long. */
const [SLOW_CHECK, MAX_WAIT] = [400, 500];

/** How many documents keep what was read of them. */
const KEPT_VIEWS = 6;
/** How long the first requests wait for a client's settings, in milliseconds. */
const SETTINGS_WAIT = 2000;
/** As much of an answer as a message of an editor shows. */
const MAX_SHOWN = 3000;

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
  readonly #navigation = new Navigation(this.#files, () => this.#settings);
  #settings: Settings = DEFAULT_SETTINGS;
  #client = { configuration: false, dynamicSettings: false, resolvesActions: false, changesFolders: false };
  /** Resolved when the settings of the client are known: what is asked before is answered by them. */
  readonly #configured: Promise<void>;
  #isConfigured: () => void = () => {};
  /** How long the first findings of the last check took, in milliseconds: after long ones more keystrokes are waited for. */
  #lastCheck = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#configured = new Promise((resolve) => {
      this.#isConfigured = resolve;
    });
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
    setTimeout(this.#isConfigured, SETTINGS_WAIT).unref();
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
    this.#isConfigured();
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
    this.#settings = settingsIn(settings, this.#files.folders[0]);
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

  async #document({ uri }: TextDocumentIdentifier): Promise<OpenDocument> {
    await this.#configured;
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
    /** The answer to a request about a document, or about a place in it. */
    const of =
      <Result>(answer: (open: OpenDocument) => Result) =>
      async ({ textDocument }: { textDocument: TextDocumentIdentifier }): Promise<Awaited<Result>> =>
        await answer(await this.#document(textDocument));
    const at =
      <Params extends TextDocumentPositionParams, Result>(
        answer: (open: OpenDocument, offset: number, params: Params) => Result,
      ) =>
      async (params: Params): Promise<Awaited<Result>> => {
        const open = await this.#document(params.textDocument);
        return await answer(open, open.offsetAt(params.position), params);
      };
    const navigation = this.#navigation;
    const analyst = this.#analyst;
    connection.onCompletion(at(completionItems));
    connection.onHover(at((open, offset) => hover(open, offset, analyst)));
    connection.onDefinition(at((open, offset) => navigation.definition(open, offset)));
    connection.onPrepareRename(
      at(async (open, offset) => {
        const renamed = await navigation.renamed(open, offset);
        return renamed && { range: open.range(renamed), placeholder: renamed.name };
      }),
    );
    connection.onReferences(
      at((open, offset, { context }: ReferenceParams) =>
        navigation.references(open, offset, context.includeDeclaration),
      ),
    );
    connection.onRenameRequest(
      at((open, offset, { newName }: RenameParams) => navigation.rename(open, offset, newName)),
    );
    connection.workspace.onWillRenameFiles(({ files }) => navigation.filesRenamed(files));
    connection.onDocumentLinks(of((open) => navigation.links(open)));
    connection.onDocumentSymbol(of(documentSymbols));
    connection.onFoldingRanges(of(foldingRanges));
    connection.onDocumentFormatting(of(formattingEdits));
    connection.languages.semanticTokens.on(of(tokensOf));
    connection.languages.inlayHint.on(async ({ textDocument, range }) => {
      const open = await this.#document(textDocument);
      return inlayHints(open, { from: open.offsetAt(range.start), to: open.offsetAt(range.end) });
    });
    connection.onCodeLens(of((open) => lenses(open, analyst)));
    connection.onCodeAction(async ({ textDocument, range, context }) => {
      const open = await this.#document(textDocument);
      const span = { from: open.offsetAt(range.start), to: open.offsetAt(range.end) };
      const actions = codeActions(open, span, context.only);
      if (this.#client.resolvesActions) return actions;
      const [all] = actions.filter(({ kind }) => kind === FIX_ALL);
      if (all) all.edit = await fixAll(open, analyst);
      return actions;
    });
    connection.onCodeActionResolve(async (action) => {
      const uri = (action.data as { uri?: unknown } | undefined)?.uri;
      if (typeof uri !== 'string' || action.edit) return action;
      return { ...action, edit: await fixAll(await this.#document({ uri }), analyst) };
    });
    connection.onExecuteCommand(({ command, arguments: given = [] }) => this.#execute(command, given));
  }

  async #execute(command: string, [place, ...rest]: readonly unknown[]): Promise<string> {
    const about = askedPlace(command, place);
    const words = rest
      .map((each) => String(each))
      .flatMap((each) => each.trim().split(/\s+/))
      .filter(Boolean);
    const text = await asked(answerTo(command, about, await this.#document(about), words, this.#analyst));
    const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}\n…` : text;
    void this.#connection.window.showInformationMessage(shown);
    return text;
  }
}

const checkKey = (uri: string) => `check ${uri}`;
