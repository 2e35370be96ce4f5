import { resolve } from 'node:path';
import * as z from 'zod/mini';
import { findArchitecture } from '../../architecture.js';
import { CHECK_RULES } from '../../check/registry.js';
import { LIBSECCOMP_VERSIONS } from '../../compiler/host-libseccomp.js';
import { RUNTIME_NAMES } from '../../compiler/runtime.js';
import { TARGETS } from '../../compose/targets/target.js';
import { InvalidArgumentError } from '../../errors.js';
import { parseRelease } from '../../kernel-version.js';
import { nearestName } from '../../nearest-name.js';
import { INPUT_FORMATS, type InputFormat } from '../../profile/formats/index.js';
import { parseCapabilities } from '../../profile/model/capability.js';
import { quote } from '../../text.js';

const isTaken = (names: readonly string[]): boolean => {
  try {
    return parseCapabilities(names) !== undefined;
  } catch (error) {
    if (error instanceof InvalidArgumentError) return false;
    throw error;
  }
};
const isCapability = (name: string): boolean => isTaken([name]);
/** Whether what is right in a list contradicts itself. */
const agree = (names: readonly string[]): boolean => isTaken(names.filter(isCapability));
const RULE_IDS = CHECK_RULES.map(({ id }) => id);

const architecture = z.string().check(z.refine((name) => findArchitecture(name) !== undefined, 'is no architecture'));
const capability = z.string().check(z.refine(isCapability, 'is no capability'));
const kernel = z.string().check(z.refine((text) => parseRelease(text) !== undefined, 'is no kernel version "X.Y"'));
const finding = z.string().check(z.refine((id) => RULE_IDS.includes(id), 'is no finding of scmp check'));

// Not zod's own records and integers: they would be in what every start of the command reads.

/** Milliseconds. */
const isDebounce = (value: unknown) => Number.isInteger(value) && 0 <= (value as number) && (value as number) <= 5000;

/** By a file's name, as `*.policy`. */
type FormatsOfFiles = Readonly<Record<string, InputFormat>>;

function isFormatsOfFiles(value: unknown): value is FormatsOfFiles {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((format) => INPUT_FORMATS.includes(format));
}

/** The settings, by the name after `scmp.`; docs/lsp.md says what they are for. */
const SHAPE = {
  architectures: z.array(architecture),
  target: z.nullable(z.enum(TARGETS)),
  runtime: z.enum(RUNTIME_NAMES),
  libseccomp: z.nullable(z.enum(LIBSECCOMP_VERSIONS)),
  kernel: z.nullable(kernel),
  capabilities: z.nullable(z.array(capability).check(z.refine(agree, 'contradict each other'))),
  ignore: z.array(finding),
  base: z.nullable(z.string()),
  ociLayout: z.array(z.string()),
  formats: z.custom<FormatsOfFiles>(isFormatsOfFiles, `is no object of file names with ${INPUT_FORMATS.join(', ')}`),
  run: z.enum(['onType', 'onSave', 'off']),
  debounce: z.custom<number>(isDebounce, 'is no whole number from 0 to 5000'),
  inlayHints: z.boolean(),
  codeLens: z.boolean(),
} as const;

export type Settings = { readonly [Name in keyof typeof SHAPE]: z.infer<(typeof SHAPE)[Name]> };
export const SETTING_NAMES = Object.keys(SHAPE) as (keyof Settings)[];

export const DEFAULT_SETTINGS: Settings = {
  architectures: [],
  target: null,
  runtime: 'libseccomp',
  libseccomp: null,
  kernel: null,
  capabilities: null,
  ignore: [],
  base: null,
  ociLayout: [],
  formats: {},
  run: 'onType',
  debounce: 10,
  inlayHints: true,
  codeLens: true,
};

/** The settings with their paths as they are from a folder. */
export function settingsIn(settings: Settings, folder = '.'): Settings {
  const { base, ociLayout } = settings;
  return {
    ...settings,
    base: base === null ? null : resolve(folder, base),
    ociLayout: ociLayout.map((path) => resolve(folder, path)),
  };
}

/**
 * The settings of a client, and what is wrong with them in words. A wrong one has its default; a wrong word in a list is left
 * out, and the others count.
 */
export function parseSettings(given: unknown): { settings: Settings; faults: readonly string[] } {
  if (given === undefined || given === null) return { settings: DEFAULT_SETTINGS, faults: [] };
  if (typeof given !== 'object' || Array.isArray(given)) {
    return { settings: DEFAULT_SETTINGS, faults: ['the settings of scmp are an object'] };
  }
  const settings: Record<string, unknown> = { ...DEFAULT_SETTINGS };
  const faults: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(SHAPE, name)) {
      const nearest = nearestName(name, SETTING_NAMES);
      const hint = nearest ? `did you mean scmp.${nearest}?` : `known are ${SETTING_NAMES.join(', ')}`;
      // Of a client's own, as a path of the server, nothing is said.
      if (!CLIENT_SETTINGS.includes(name)) faults.push(`there is no setting scmp.${name}; ${hint}`);
      continue;
    }
    const read = z.safeParse(SHAPE[name as keyof Settings] as z.ZodMiniType, value ?? undefined);
    if (read.success) {
      settings[name] = read.data;
      continue;
    }
    if (value === null || value === undefined) continue;
    for (const issue of read.error.issues) faults.push(faultOf(name, value, issue));
    if (Array.isArray(value)) {
      const bad = new Set(read.error.issues.map(({ path }) => path[0]));
      if (!bad.has(undefined)) settings[name] = value.filter((_, index) => !bad.has(index));
    }
  }
  return { settings: settings as Settings, faults };
}

/** Settings of editors about the server itself: where it is, what of the protocol is logged. */
const CLIENT_SETTINGS: readonly string[] = ['path', 'trace', 'enable'];

function faultOf(name: string, value: unknown, issue: z.core.$ZodIssue): string {
  const place = issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  let at: unknown = value;
  for (const key of issue.path) at = (at as Record<PropertyKey, unknown>)[key];
  const shown = typeof at === 'string' ? quote(at) : JSON.stringify(at)?.slice(0, 40);
  const what =
    issue.code === 'invalid_value'
      ? `is none of ${issue.values.map(String).join(', ')}`
      : issue.code === 'invalid_type'
        ? `must be of the type ${issue.expected}`
        : issue.message;
  return `scmp.${name}${place}: ${shown} ${what}`;
}
