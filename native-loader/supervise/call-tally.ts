/** The bits of an argument that distinguish calls. */
export interface TallyMask {
  /** 0..5 */
  readonly index: number;
  readonly mask: bigint;
}

/**
 * By AUDIT_ARCH_… and number: the calls that are counted by their arguments too. All others are counted by number
 * alone.
 */
export type TallyMasks = ReadonlyMap<number, ReadonlyMap<number, readonly TallyMask[]>>;

/** System calls of one kind, and how many there were. */
export interface TalliedCall {
  /** AUDIT_ARCH_… */
  readonly auditArch: number;
  readonly number: number;
  /** By index: the bits within the masks; undefined where there was no mask, or there were too many kinds. */
  readonly args: readonly (bigint | undefined)[];
  count: number;
}

/** How many kinds of one call are kept apart: a program that counts through an argument must not fill the memory. */
const MAX_KINDS = 1000;

interface Tallied {
  readonly masks: readonly TallyMask[];
  /** Of calls without masks, and of those past {@link MAX_KINDS}. */
  readonly plain: TalliedCall;
  readonly kinds: Map<string, TalliedCall>;
}

/** Counts system calls by kind. It must be quick: a supervised program waits for it at each call. */
export class CallTally {
  readonly #masks: TallyMasks;
  readonly #little: boolean;
  readonly #byArchitecture = new Map<number, Map<number, Tallied>>();

  constructor(masks: TallyMasks, endianness: 'little' | 'big') {
    this.#masks = masks;
    this.#little = endianness === 'little';
  }

  /** Count a call. `notification` is a `struct seccomp_notif`, whose arguments begin at byte 32. */
  count(auditArch: number, number: number, notification: DataView): void {
    const tallied = this.#find(auditArch, number);
    if (tallied.masks.length === 0) {
      tallied.plain.count++;
      return;
    }
    const values = tallied.masks.map(
      ({ index, mask }) => notification.getBigUint64(32 + 8 * index, this.#little) & mask,
    );
    const key = values.join();
    const known = tallied.kinds.get(key);
    if (known) known.count++;
    else if (tallied.kinds.size >= MAX_KINDS) tallied.plain.count++;
    else tallied.kinds.set(key, { auditArch, number, args: place(tallied.masks, values), count: 1 });
  }

  #find(auditArch: number, number: number): Tallied {
    let byNumber = this.#byArchitecture.get(auditArch);
    if (!byNumber) {
      byNumber = new Map();
      this.#byArchitecture.set(auditArch, byNumber);
    }
    let tallied = byNumber.get(number);
    if (!tallied) {
      const masks = this.#masks.get(auditArch)?.get(number) ?? [];
      tallied = { masks, plain: { auditArch, number, args: [], count: 0 }, kinds: new Map() };
      byNumber.set(number, tallied);
    }
    return tallied;
  }

  /** What was counted. */
  calls(): TalliedCall[] {
    return [...this.#byArchitecture.values()].flatMap((byNumber) =>
      [...byNumber.values()].flatMap(({ plain, kinds }) => [...(plain.count > 0 ? [plain] : []), ...kinds.values()]),
    );
  }
}

function place(masks: readonly TallyMask[], values: readonly bigint[]): (bigint | undefined)[] {
  const args: (bigint | undefined)[] = [];
  for (const [position, { index }] of masks.entries()) args[index] = values[position];
  return Array.from(args);
}
