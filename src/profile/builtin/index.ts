import containerDefault from '../../../examples/container-default.json' with { type: 'json' };
import denyDangerous from '../../../examples/deny-dangerous.json' with { type: 'json' };
import noNetwork from '../../../examples/no-network.json' with { type: 'json' };
import { documentOfObject } from '../document/plain-object.js';
import { readSection } from '../formats/oci/read.js';
import type { ParsedProfile } from '../model/parsed-profile.js';
import docker from './docker.json' with { type: 'json' };
import { BUILTIN_PREFIX, type BuiltinName, findBuiltin } from './names.js';
import noNewProcesses from './no-new-processes.json' with { type: 'json' };
import node from './node.json' with { type: 'json' };
import readOnlyInspection from './read-only-inspection.json' with { type: 'json' };

// With the reasons as comments in their entries, each in a file of its name. Three of them are the examples; `docker` decides as
// the file in docker.lock does.
const BUILTINS: Readonly<Record<BuiltinName, object>> = {
  'container-default': containerDefault,
  docker,
  'no-network': noNetwork,
  'no-new-processes': noNewProcesses,
  'read-only-inspection': readOnlyInspection,
  node,
  'deny-dangerous': denyDangerous,
};

/** A built-in profile by its name, with or without `builtin:`; undefined if there is none. A `LoadBase`. */
export function builtinProfile(name: string): ParsedProfile | undefined {
  const found = findBuiltin(name);
  if (!found) return undefined;
  const source = BUILTIN_PREFIX + found;
  return readSection(documentOfObject(BUILTINS[found], source));
}

/** A built-in profile as JSON data in Docker's format, its comments included; undefined if there is none. */
export function builtinSource(name: string): object | undefined {
  const found = findBuiltin(name);
  return found && BUILTINS[found];
}
