import { Bits } from './bits.js';
import { compareText } from './conditions.js';
import type { Recording, Recordings } from './recordings.js';

/**
 * The numbers of the recordings of each container, in the order of their names. Containers with one image are in one group.
 * What is of no known container or image comes last.
 */
export function containerGroups({ recordings }: Recordings): Bits[] {
  const groups = new Map<string, Bits>();
  const roots = new Roots();
  for (const recording of recordings) {
    const [first, ...others] = keysOf(recording);
    for (const other of others) roots.join(first as string, other);
  }
  for (const [id, recording] of recordings.entries()) {
    const [key = ''] = keysOf(recording);
    const root = key === '' ? key : roots.of(key);
    const group = groups.get(root) ?? new Bits();
    groups.set(root, group);
    group.add(id);
  }
  const unknown = groups.get('');
  groups.delete('');
  const known = [...groups].sort(([a], [b]) => compareText(a, b)).map(([, group]) => group);
  return unknown ? [...known, unknown] : known;
}

/** What of a recording a profile can be bound by. Containers of one name in two namespaces are two. */
function keysOf({ namespace = '', recording = '', container, image }: Recording): string[] {
  return [
    ...(container === undefined ? [] : [`container ${JSON.stringify([container, namespace, recording])}`]),
    ...(image === undefined ? [] : [`image ${JSON.stringify([image, namespace])}`]),
  ];
}

/** Which keys belong together; each has the smallest of them as its root. */
class Roots {
  readonly #parents = new Map<string, string>();

  of(key: string): string {
    let root = key;
    for (let next = this.#parents.get(root); next !== undefined; next = this.#parents.get(root)) root = next;
    for (let each = key; each !== root; ) {
      const next = this.#parents.get(each) as string;
      this.#parents.set(each, root);
      each = next;
    }
    return root;
  }

  join(a: string, b: string): void {
    const [one, other] = [this.of(a), this.of(b)].sort(compareText) as [string, string];
    if (one !== other) this.#parents.set(other, one);
  }
}
