import { join } from 'node:path';
import { commands, type ExtensionContext, workspace } from 'vscode';
import { LanguageClient, type ServerOptions, TransportKind } from 'vscode-languageclient/node';

/** Languages whose files may be profiles, or have one in them; the server looks at the content. */
const LANGUAGES = ['json', 'jsonc', 'yaml', 'ini', 'properties'];

let client: LanguageClient | undefined;

/** The server that comes with the extension, or the command that the user names. */
function serverOptions(context: ExtensionContext): ServerOptions {
  const path = workspace.getConfiguration('scmp').get<string | null>('path');
  if (path) return { command: path, args: ['lsp'], transport: TransportKind.stdio };
  return { module: join(context.extensionPath, 'server', 'scmp.cjs'), args: ['lsp'], transport: TransportKind.stdio };
}

export async function activate(context: ExtensionContext): Promise<void> {
  const own = (context.extension.packageJSON as { contributes: { languages: { id: string }[] } }).contributes.languages;
  const selector = [...own.map(({ id }) => id), ...LANGUAGES].map((language) => ({ language, scheme: 'file' }));
  client = new LanguageClient('scmp', 'seccomp profiles', serverOptions(context), {
    documentSelector: selector,
    synchronize: { configurationSection: 'scmp' },
  });
  context.subscriptions.push(commands.registerCommand('scmp.restart', () => client?.restart()));
  await client.start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}
