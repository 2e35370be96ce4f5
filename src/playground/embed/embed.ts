import { controlButton, required } from '../dom.js';
import { PAGE_VERSIONS } from '../keep/snapshot.js';
import type { Session } from '../session.js';
import { type AppState, DEFAULT_CALL } from '../state.js';
import { until } from '../store.js';
import type { Theme } from '../theme.js';
import type { EmbedMode } from './embed-mode.js';
import {
  type EmbedMessage,
  type EmbedRequest,
  type EmbedVerdict,
  PROTOCOL,
  readMessage,
  settingsOf,
} from './messages.js';

export interface EmbedParts {
  session: Session;
  /** The fragment of an address that restores all of this. */
  link(): Promise<string>;
  setTheme(theme: Theme): void;
}

/** The page in a frame: a way to the whole page, and messages with the page around. */
export function setUpEmbed(parts: EmbedParts, { origin }: EmbedMode): void {
  const { session, link } = parts;
  const open = async () => {
    if (!(await openWhole(link()))) session.notify('This frame may open no tab');
  };
  const button = controlButton('Open as a page', open);
  required('.wordmark', HTMLElement).after(button);
  if (origin !== undefined && globalThis.parent !== globalThis.self) speak(parts, globalThis.parent, origin);
}

/**
 * Speak with the page around this one. Its messages are known by the window and the origin that they come from. What is
 * said goes to that origin alone: the browser gives it to no other page that may stand there by then.
 */
function speak({ session, setTheme }: EmbedParts, host: Window, origin: string): void {
  const { store } = session;
  const say = (message: EmbedMessage) => host.postMessage(message, origin);

  let turn = 0;
  async function open(request: Extract<EmbedRequest, { do: 'open' }>): Promise<void> {
    const own = ++turn;
    const { id, text, name, settings, view, call, other } = request;
    session.open({
      text,
      source: name || 'profile',
      settings: settingsOf(settings),
      view: view ?? store.get().view,
      call: call ?? DEFAULT_CALL,
      other: other ? { text: other.text, source: other.name } : { text: '', source: '' },
    });
    const state = await until(store, ({ compiling, failure }) => compiling !== 'now' || failure !== undefined);
    if (own === turn) say({ scmp: PROTOCOL, event: 'answer', id, verdict: verdictOf(state) });
    else say({ scmp: PROTOCOL, event: 'refused', id, error: 'another text was opened meanwhile' });
  }

  addEventListener('message', (event) => {
    if (event.source !== host || event.origin !== origin) return;
    const read = readMessage(event.data);
    if (!read) return;
    if ('error' in read) {
      say({ scmp: PROTOCOL, event: 'refused', ...read });
      return;
    }
    const { request } = read;
    if (request.do === 'open') void open(request);
    else if (request.do === 'theme') {
      setTheme(request.theme);
      say({ scmp: PROTOCOL, event: 'answer', id: request.id });
    } else {
      const { text, source: name } = session.profile();
      const { settings } = store.get();
      say({ scmp: PROTOCOL, event: 'answer', id: request.id, text, name, settings });
    }
  });
  store.subscribe((state, before) => {
    const isNew = state.compiling === 'done' && before.compiling !== 'done';
    const isChecked = state.checking === 'done' && before.checking !== 'done' && state.errors.length === 0;
    if (isNew || isChecked) say({ scmp: PROTOCOL, event: 'verdict', verdict: verdictOf(state) });
  });
  say({ scmp: PROTOCOL, event: 'ready', versions: Object.fromEntries(PAGE_VERSIONS) });
}

function verdictOf({ source, compiled, errors, findings, failure }: Readonly<AppState>): EmbedVerdict {
  const lost = failure === undefined ? [] : [{ severity: 'error' as const, id: 'failure', message: failure }];
  const problems = [...lost, ...errors, ...findings].map((problem) => {
    const { severity, id, message } = problem;
    const place = 'line' in problem ? { line: problem.line, column: problem.column } : {};
    return { severity, id, message, ...place };
  });
  if (!compiled || errors.length > 0 || failure !== undefined) return { name: source, isCompiled: false, problems };
  const { format, arches: architectures, instructions } = compiled;
  return { name: source, isCompiled: true, format, architectures, instructions, problems };
}

/** Open what is shown as a page of its own, in a new tab. False: the browser does not let this frame open one. */
async function openWhole(link: Promise<string>): Promise<boolean> {
  // At once: a tab that is opened later than the click would be stopped.
  const tab = globalThis.open('', '_blank');
  if (!tab) return false;
  const address = new URL(location.href);
  address.search = '';
  address.hash = await link;
  tab.opener = null;
  tab.location.href = address.href;
  return true;
}
