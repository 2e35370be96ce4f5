// What it takes to make a profile of two, with its program proven: of the built-in ones, and of other people's.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileParsedProfile } from '../src/compiler/library.js';
import { ComposeError, intersectProfiles, unionProfiles } from '../src/compose/index.js';
import { ScmpError } from '../src/errors.js';
import type { Libseccomp } from '../src/libseccomp/index.js';
import { builtinProfile } from '../src/profile/builtin/index.js';
import { BUILTIN_NAMES } from '../src/profile/builtin/names.js';
import { extendProfile } from '../src/profile/extend/extend-profile.js';
import { readProfile } from '../src/profile/formats/read-profile.js';
import type { ParsedProfile } from '../src/profile/model/parsed-profile.js';
import type { Figure } from './figure.js';
import { median } from './quantile.js';

interface NamedProfile {
  name: string;
  profile: ParsedProfile;
}

/** `BENCH_CORPUS`, a folder of profiles, as for the minimiser's figures. */
export function composeFigures(libseccomp: Libseccomp): Figure[] {
  const corpus = process.env.BENCH_CORPUS;
  const builtins = BUILTIN_NAMES.map((name) => ({
    name,
    profile: extendProfile(readProfile({ extends: name }), builtinProfile),
  }));
  return [
    pairFigure('built-in profiles', builtins, libseccomp),
    ...(corpus ? [pairFigure('corpus', profilesOf(corpus, libseccomp), libseccomp)] : []),
  ];
}

function profilesOf(folder: string, libseccomp: Libseccomp): NamedProfile[] {
  const names = readdirSync(folder).filter((name) => /\.(json|ya?ml)$/.test(name));
  return names.sort().flatMap((name) => {
    try {
      const profile = readProfile(readFileSync(join(folder, name)), { source: name, notifyGuards: false });
      compileParsedProfile(profile, { arch: 'x86_64', libseccomp });
      return [{ name, profile }];
    } catch (error) {
      if (!(error instanceof ScmpError)) throw error;
      console.error(`bench: not in the figures of compose: ${name} (${error.code})`);
      return [];
    }
  });
}

/** Each with each and with itself, for x86_64: intersections and unions in turn; where it takes that, with `stricter`. */
function pairFigure(what: string, profiles: readonly NamedProfile[], libseccomp: Libseccomp): Figure {
  const times: number[] = [];
  const names: string[] = [];
  for (const [index, one] of profiles.entries()) {
    for (const other of profiles.slice(index)) {
      const [compose, sign] =
        times.length % 2 === 0 ? ([intersectProfiles, '&'] as const) : ([unionProfiles, '|'] as const);
      const begin = process.cpuUsage();
      for (const stricter of [false, true]) {
        try {
          compose([one.profile, other.profile], { arch: 'x86_64', libseccomp, stricter });
          break;
        } catch (error) {
          if (stricter || !(error instanceof ComposeError)) throw error;
        }
      }
      const { user, system } = process.cpuUsage(begin);
      times.push((user + system) / 1000);
      names.push(`${one.name} ${sign} ${other.name}`);
    }
  }
  const [middle, worst] = [median(times), Math.max(...times)];
  return {
    what: `compose: ${what}, ${times.length} pairs: processor time of a profile made of two and proven`,
    value: `${middle.toFixed(0)} ms, ${worst.toFixed(0)} at worst (${names[times.indexOf(worst)]})`,
    bar: 'at most 150 ms, 2000 at worst',
    holds: middle <= 150 && worst <= 2000,
  };
}
