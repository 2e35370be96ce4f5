import { type KeptVersion, outdated, type Version } from './versions.js';

const DATABASE = 'scmp-versions';
const VERSIONS = 'versions';

/** Versions cannot be kept here, and why. */
class VersionsUnavailableError extends Error {
  override readonly name = 'VersionsUnavailableError';
}

/** The versions that this browser keeps. Every function fails where they cannot be kept, and says why. */
export interface VersionStore {
  /** The newest first. */
  list(): Promise<KeptVersion[]>;
  add(version: Version): Promise<void>;
  remove(id: number): Promise<void>;
  clear(): Promise<void>;
}

/** The database of this site in the browser (IndexedDB). Several tabs may write to it: each change is one transaction. */
export function versionStore(): VersionStore {
  let opened: Promise<IDBDatabase> | undefined;

  function database(): Promise<IDBDatabase> {
    opened ??= open().catch((error) => {
      opened = undefined; // it may be allowed later
      throw error;
    });
    return opened;
  }

  async function open(): Promise<IDBDatabase> {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(VERSIONS, { keyPath: 'id', autoIncrement: true });
    };
    const base = await answer(request);
    // Another tab deletes it, or makes it newer: this one opens it again when it needs it.
    base.onversionchange = () => {
      base.close();
      opened = undefined;
    };
    base.onclose = () => {
      opened = undefined;
    };
    return base;
  }

  /** One transaction: what `work` asks for is done as a whole, or not at all. */
  async function change<T>(
    mode: IDBTransactionMode,
    work: (versions: IDBObjectStore) => Promise<T> | IDBRequest<T>,
  ): Promise<T> {
    try {
      const transaction = (await database()).transaction(VERSIONS, mode);
      const done = new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error ?? new Error('the browser stopped it'));
      });
      const asked = work(transaction.objectStore(VERSIONS));
      const [result] = await Promise.all([asked instanceof IDBRequest ? answer(asked) : asked, done]);
      return result;
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  const add = (version: Version, share?: number) =>
    change('readwrite', async (versions) => {
      const kept = await answer<KeptVersion[]>(versions.getAll());
      for (const id of outdated(kept, version, share)) versions.delete(id);
      versions.add(version);
    });

  return {
    async list() {
      const all = await change<KeptVersion[]>('readonly', (versions) => versions.getAll());
      return all.sort((one, other) => other.time - one.time || other.id - one.id);
    },
    async add(version) {
      try {
        await add(version);
      } catch (error) {
        // The browser gives less room than the limits: the newest are worth more.
        if (((error as Error).cause as Error | undefined)?.name !== 'QuotaExceededError') throw error;
        await add(version, 0.25);
      }
    },
    remove: (id) => change('readwrite', (versions) => versions.delete(id)),
    clear: () => change('readwrite', (versions) => versions.clear()),
  };
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function asUnavailable(cause: unknown): VersionsUnavailableError {
  const { name, message } = cause as Error;
  const why =
    name === 'QuotaExceededError'
      ? 'this browser has no room left for them: delete some, or free some space'
      : `this browser does not keep them (a private window, or site data is not allowed): ${message}`;
  return new VersionsUnavailableError(`versions are not kept: ${why}`, { cause });
}
