import { WRITTEN_FORMATS } from '../../profile/formats/index.js';
import { element, setText } from '../dom.js';
import { download } from '../download.js';
import type { ExportFormat } from '../engine/protocol.js';
import type { Session } from '../session.js';
import type { View } from './view.js';

interface Choice {
  id: ExportFormat;
  label: string;
  note: string;
}

const PROGRAM_CHOICES: readonly Choice[] = [
  {
    id: 'bpf',
    label: 'Program (.bpf)',
    note: 'struct sock_filter as bubblewrap and libseccomp’s users load it, in the byte order of the architecture',
  },
  { id: 'c', label: 'C array', note: 'the program for a C source' },
  { id: 'hex', label: 'Hex', note: 'the program as text; scmp reads it again' },
  { id: 'base64', label: 'Base64', note: 'the program as text' },
  { id: 'pfc', label: 'PFC', note: 'libseccomp’s own pseudo code of the filter' },
  { id: 'asm', label: 'Assembly', note: 'as scmp disasm prints it' },
];

/** What most people run comes first. */
const PROFILE_CHOICES: readonly Choice[] = [...WRITTEN_FORMATS]
  .sort((a, b) => Number(b.id === 'docker') - Number(a.id === 'docker'))
  .map(({ id, title, output }) => ({ id, label: title, note: output.note }));

const GROUPS = { Profile: PROFILE_CHOICES, Program: PROGRAM_CHOICES };

/** The longest preview, in characters; copies and downloads are whole. */
const PREVIEW = 100_000;

/** The profile in the export formats. */
export function exportView(panel: HTMLElement, session: Session): View {
  const isProgram = session.store.get().compiled?.format.startsWith('program') ?? false;
  let [format] = (isProgram ? PROGRAM_CHOICES : PROFILE_CHOICES) as [Choice];
  let content: string | Uint8Array<ArrayBuffer> | undefined;
  let fileName = '';

  const radio = (value: Choice) => {
    const input = element('input', {
      attributes: { type: 'radio', name: 'export-format', value: value.id, checked: value === format },
      on: {
        change: () => {
          format = value;
          void make();
        },
      },
    });
    return element('label', { class: 'export-choice' }, input, value.label);
  };
  const groups = Object.entries(GROUPS).map(([title, choices]) =>
    element(
      'fieldset',
      { class: 'export-group' },
      element('legend', { class: 'visually-hidden', text: title }),
      element('span', { class: 'export-title', text: title, attributes: { 'aria-hidden': 'true' } }),
      element('div', { class: 'export-choices' }, ...choices.map(radio)),
    ),
  );
  const note = element('p', { class: 'quiet export-note' });
  const downloadButton = element('button', {
    class: 'control primary',
    text: 'Download',
    attributes: { type: 'button' },
    on: { click: () => content !== undefined && download(fileName, content) },
  });
  const copy = element('button', {
    class: 'control',
    text: 'Copy',
    attributes: { type: 'button' },
    on: { click: () => typeof content === 'string' && void session.copy(content, 'Copied') },
  });
  const preview = element('pre', {
    class: 'export-preview',
    attributes: { tabindex: '0', role: 'region', 'aria-label': 'Preview' },
  });
  panel.append(
    element('div', { class: 'view-bar export-formats' }, ...groups),
    element('div', { class: 'view-bar' }, downloadButton, copy, note),
    preview,
  );

  async function make(): Promise<void> {
    const { compiled, settings } = session.store.get();
    setText(note, format.note);
    if (!compiled) return;
    const wanted = format;
    const answer = await session
      .askLong('export', { ...session.profile(), settings, format: wanted.id })
      .catch((error: Error) => ({
        kind: 'failed' as const,
        message: error.message,
      }));
    if (!answer || wanted !== format) return;
    const isMade = answer.kind === 'exported';
    preview.classList.toggle('is-failed', !isMade);
    downloadButton.disabled = !isMade;
    copy.disabled = !isMade || typeof answer.content !== 'string';
    if (!isMade) {
      content = undefined;
      setText(preview, answer.message);
      return;
    }
    ({ content, fileName } = answer);
    downloadButton.textContent = `Download ${fileName}`;
    const text = typeof content === 'string' ? content : hexDump(content);
    setText(preview, text.length > PREVIEW ? `${text.slice(0, PREVIEW)}\n…` : text);
  }

  return {
    update(state, before) {
      if (!before || state.compiled !== before.compiled) void make();
    },
  };
}

function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  const hex = (value: number, width: number) => value.toString(16).padStart(width, '0');
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)].map((byte) => hex(byte, 2));
    lines.push(`${hex(at, 6)}  ${row.slice(0, 8).join(' ')}  ${row.slice(8).join(' ')}`);
  }
  return lines.join('\n');
}
