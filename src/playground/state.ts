import type { ArchitectureName } from '../architecture.js';
import type {
  BadCall,
  CompileSuccess,
  Listing,
  Problem,
  ProfileText,
  Settings,
  SimulatedCall,
  TypedCall,
} from './engine/protocol.js';
import type { Focus } from './focus.js';
import type { SavedFile } from './keep/saved-file.js';
import { DEFAULT_SETTINGS } from './settings/settings.js';

/** The tabs, as they are labelled. `profile`: the editor, which is a view of its own on a narrow screen only. */
export const VIEWS = {
  profile: 'Profile',
  map: 'Map',
  program: 'Program',
  simulate: 'Simulate',
  diff: 'Diff',
  why: 'Why',
  export: 'Export',
  options: 'Options',
} as const;
export type ViewName = keyof typeof VIEWS;

/** Everything the page shows; the text itself is the editor's. */
export interface AppState {
  /** The profile's name, usually of its file. */
  source: string;
  /** The file that the text was opened from or saved to. */
  file: SavedFile | undefined;
  settings: Settings;
  view: ViewName;
  /** The last profile that compiled: it stays while the text has errors. */
  compiled: CompileSuccess | undefined;
  /** What stopped the text that is there now; empty when it compiled. */
  errors: readonly Problem[];
  /** The findings of `scmp check` about it. */
  findings: readonly Problem[];
  /**
   * What was done about the text that is there now. While it is not 'done', all else here is of an older text, and is
   * shown so.
   */
  compiling: 'now' | 'done' | 'cancelled';
  /** The same of the findings. */
  checking: 'now' | 'done' | 'cancelled';
  /** The worker that computes everything could not be started, or died. */
  failure: string | undefined;
  /** Of the last compiled profile, once a view has asked for it. */
  listing: Listing | undefined;
  /** The architecture whose map is shown; undefined: the target's. */
  mapArchitecture: ArchitectureName | undefined;
  call: TypedCall;
  simulation: SimulatedCall | BadCall | undefined;
  /** What is looked at, in all views. */
  focus: Focus | undefined;
  programForm: 'listing' | 'graph';
  /** The other profile of the diff. */
  other: ProfileText;
  /** The log that is asked about. */
  log: ProfileText;
}

export const DEFAULT_CALL: TypedCall = {
  architecture: 'x86_64',
  syscall: 'openat',
  arguments: ['AT_FDCWD', '', 'O_RDONLY', ''],
};

export function initialState(): AppState {
  return {
    source: 'container-default.json',
    file: undefined,
    settings: DEFAULT_SETTINGS,
    view: 'map',
    compiled: undefined,
    errors: [],
    findings: [],
    compiling: 'now',
    checking: 'now',
    failure: undefined,
    listing: undefined,
    mapArchitecture: undefined,
    call: DEFAULT_CALL,
    simulation: undefined,
    focus: undefined,
    programForm: 'listing',
    other: { text: '', source: '' },
    log: { text: '', source: '' },
  };
}

/** From each instruction of a path to the one after it: a jump that was not taken may lead to the path too. */
export function stepsOf(path: readonly number[]): ReadonlyMap<number, number | undefined> {
  return new Map(path.map((index, at) => [index, path[at + 1]]));
}

/** The path of the simulated call, where it is one through the program that is shown. */
export function litPath({ simulation, compiled }: AppState): readonly number[] {
  return simulation?.kind === 'simulated' && simulation.revision === compiled?.revision ? simulation.path : [];
}
