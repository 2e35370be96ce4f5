import type { OwnCompileOptions } from '../../compiler/compile-policy.js';
import { RUNTIME_CHOICES, runtimeBehaviour } from '../../compiler/runtime.js';
import { InvalidArgumentError } from '../../errors.js';
import type { Libseccomp } from '../../libseccomp/index.js';
import { NUMBER } from '../../options.js';
import type { ReadOptions } from '../../profile/formats/read-options.js';
import { quote } from '../../text.js';
import type { Settings } from '../settings/settings.js';

/** What a conditional entry meets. */
export function targetOf({ arch, capabilities, words: { kernel = '' } }: Settings) {
  return { arch, capabilities, kernel: kernel.trim() === '' ? undefined : kernel.trim() };
}

/** How the text is read. */
export function readOptionsOf(settings: Settings): ReadOptions {
  const { from, thread, document, systemd } = settings.words;
  const { notifyGuards } = runtimeBehaviour(runtimeOf(settings));
  return {
    format: from as ReadOptions['format'],
    thread,
    document,
    systemd: systemd as ReadOptions['systemd'],
    notifyGuards,
  };
}

type RuntimeOptions = Parameters<typeof runtimeBehaviour>[0];

/** The runtime and its pieces. Words that no option takes come from no control of the page: the compiler refuses them. */
export function runtimeOf({ words }: Settings): RuntimeOptions {
  const pieces = Object.entries(RUNTIME_CHOICES).flatMap(([name, { flag, takes, ...row }]) => {
    const word = words[name as keyof typeof RUNTIME_CHOICES];
    if (!word) return [];
    if (!flag.includes(' ')) return [[name, word === 'yes']];
    if ((takes as readonly unknown[]).includes(NUMBER)) return [[name, countOf(word, flag)]];
    const values = 'words' in row ? (row.words as Readonly<Record<string, unknown>>) : undefined;
    return [[name, values ? values[word] : word]];
  });
  return { runtime: words.runtime, ...Object.fromEntries(pieces) } as RuntimeOptions;
}

function countOf(word: string, flag: string): number {
  if (!/^\s*\d{1,9}\s*$/.test(word)) throw new InvalidArgumentError(`${flag}: ${quote(word)} is no whole number`);
  return Number(word);
}

/** The options that the settings mean. The minimiser is loaded where they ask for it. */
export async function compileOptionsOf(settings: Settings, libseccomp: Libseccomp): Promise<OwnCompileOptions> {
  const { optimize, fallback, weights, enosysNewerThan, unknownSyscall, verify, libseccomp: host } = settings.words;
  const usesMinimizer = optimize === 'min' || fallback === 'min';
  if (weights && !usesMinimizer) {
    throw new InvalidArgumentError('“Weights” goes with “Optimise” min or “Fallback” min: libseccomp has none');
  }
  const options = {
    ...targetOf(settings),
    ...runtimeOf(settings),
    enosysNewerThan: enosysNewerThan?.trim() || undefined,
    optimize: optimize === undefined || optimize === 'min' ? optimize : Number(optimize),
    fallback,
    weights: weights && weights !== 'uncached' ? await countsOf(weights, settings, libseccomp) : weights,
    minimizer: usesMinimizer ? (await import('../../compiler/minimize-rules.js')).minimizeRules : undefined,
    libseccompVersion: host,
    unknownSyscall,
    verify: verify === 'yes' ? 'all' : 'conditions',
    libseccomp,
  };
  return options as OwnCompileOptions;
}

async function countsOf(text: string, { arch }: Settings, libseccomp: Libseccomp) {
  const { readCallCounts } = await import('../../learn/call-counts.js');
  return readCallCounts(text, { architecture: arch, source: 'weights', libseccomp }).calls;
}
