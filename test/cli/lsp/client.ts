import { type ChildProcess, spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import {
  type ClientCapabilities,
  createProtocolConnection,
  type Diagnostic,
  type InitializeResult,
  type Position,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { ROOT } from '../scmp.js';

export interface ClientOptions {
  settings?: unknown;
  folder?: string;
  capabilities?: ClientCapabilities;
  /** The built command. */
  command?: string;
}

const CAPABILITIES: ClientCapabilities = {
  workspace: { configuration: true, didChangeConfiguration: { dynamicRegistration: true } },
  textDocument: { codeAction: { resolveSupport: { properties: ['edit'] } } },
};

/** A client of the built server, over its standard input and output, as an editor is. */
export class Client {
  readonly process: ChildProcess;
  /** The built command. */
  readonly command: string;
  readonly connection: ProtocolConnection;
  readonly shown: string[] = [];
  readonly published: PublishDiagnosticsParams[] = [];
  stderr = '';
  result!: InitializeResult;
  #settings: unknown;
  readonly #texts = new Map<string, TextDocument>();
  readonly #waiting = new Set<() => void>();

  private constructor({ settings = {}, command = `${ROOT}dist/scmp.cjs` }: ClientOptions) {
    this.#settings = settings;
    this.command = command;
    this.process = spawn(process.execPath, [command, 'lsp', '--stdio'], { stdio: 'pipe' });
    this.process.stderr!.on('data', (data) => {
      this.stderr += data;
    });
    this.connection = createProtocolConnection(
      new StreamMessageReader(this.process.stdout!),
      new StreamMessageWriter(this.process.stdin!),
    );
    this.connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
      this.published.push(params);
      for (const wake of this.#waiting) wake();
    });
    this.connection.onNotification('window/showMessage', ({ message }: { message: string }) => {
      this.shown.push(message);
      for (const wake of this.#waiting) wake();
    });
    this.connection.onRequest('workspace/configuration', () => [this.#settings]);
    this.connection.onRequest('client/registerCapability', () => null);
    this.connection.onRequest('window/showMessageRequest', ({ message }: { message: string }) => {
      this.shown.push(message);
      for (const wake of this.#waiting) wake();
      return null;
    });
    this.connection.listen();
  }

  static async start(options: ClientOptions = {}): Promise<Client> {
    const client = new Client(options);
    const { folder, capabilities = CAPABILITIES } = options;
    const folders = folder === undefined ? null : [{ uri: pathToFileURL(folder).href, name: 'test' }];
    client.result = await client.connection.sendRequest('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities,
      workspaceFolders: folders,
    });
    await client.connection.sendNotification('initialized', {});
    return client;
  }

  async stop(): Promise<number | null> {
    const exit = new Promise<number | null>((resolve) => this.process.once('exit', resolve));
    await this.connection.sendRequest('shutdown');
    await this.connection.sendNotification('exit');
    return exit;
  }

  /** Open a text; `path` need not be a file. */
  async open(path: string, text: string, languageId = 'plaintext'): Promise<string> {
    const uri = pathToFileURL(path).href;
    this.#texts.set(uri, TextDocument.create(uri, languageId, 1, text));
    await this.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri, languageId, version: 1, text },
    });
    return uri;
  }

  /** Change a part of a text, or all of it. */
  async change(uri: string, text: string, range?: { start: Position; end: Position }): Promise<number> {
    const document = this.#texts.get(uri)!;
    const change = range ? { range, text } : { text };
    const version = document.version + 1;
    this.#texts.set(uri, TextDocument.update(document, [change], version));
    await this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: [change],
    });
    return version;
  }

  async configure(settings: unknown): Promise<void> {
    this.#settings = settings;
    await this.connection.sendNotification('workspace/didChangeConfiguration', { settings: null });
  }

  document(uri: string): TextDocument {
    return this.#texts.get(uri)!;
  }

  /** The position of a mark in the text: of the first `what`, and so far into it. */
  position(uri: string, what: string, into = 0): Position {
    const offset = this.document(uri).getText().indexOf(what);
    if (offset < 0) throw new Error(`${JSON.stringify(what)} is not in the text`);
    return this.document(uri).positionAt(offset + into);
  }

  /** Until `find` has something. */
  async until<T>(find: () => T | undefined, what = 'it', seconds = 30): Promise<T> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`waited in vain for ${what}; standard error: ${this.stderr}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(wake, 1000);
        const waiting = this.#waiting;
        function wake() {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        }
        waiting.add(wake);
      });
    }
  }

  /** The diagnostics of a version, where they meet a condition: there may be two reports of one version. */
  async diagnostics(
    uri: string,
    isMeant: (diagnostics: readonly Diagnostic[]) => boolean = () => true,
    version = this.document(uri).version,
  ): Promise<Diagnostic[]> {
    return this.until(
      () =>
        [...this.published]
          .reverse()
          .find((each) => each.uri === uri && (each.version ?? version) === version && isMeant(each.diagnostics))
          ?.diagnostics,
      `diagnostics of ${uri}`,
    );
  }

  ask<T>(method: string, uri: string, rest: object = {}): Promise<T> {
    return this.connection.sendRequest(method, { textDocument: { uri }, ...rest });
  }

  at<T>(method: string, uri: string, what: string, into = 0, rest: object = {}): Promise<T> {
    return this.ask(method, uri, { position: this.position(uri, what, into), ...rest });
  }
}
