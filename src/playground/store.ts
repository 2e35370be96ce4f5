/** A value that notifies listeners when it changes. */
export interface Store<T extends object> {
  get(): Readonly<T>;
  /** Change some of it. Listeners are called once, in the order they came, with the state before. */
  set(patch: Partial<T>): void;
  /** Returns what ends it. */
  subscribe(listener: (state: Readonly<T>, before: Readonly<T>) => void): () => void;
}

/** The state, as soon as it is as asked for. */
export function until<T extends object>(store: Store<T>, isSo: (state: Readonly<T>) => boolean): Promise<Readonly<T>> {
  return new Promise((resolve) => {
    if (isSo(store.get())) return resolve(store.get());
    const stop = store.subscribe((state) => {
      if (!isSo(state)) return;
      stop();
      resolve(state);
    });
  });
}

export function createStore<T extends object>(initial: T): Store<T> {
  let state: Readonly<T> = initial;
  let listeners: readonly ((state: Readonly<T>, before: Readonly<T>) => void)[] = [];
  return {
    get: () => state,
    set(patch) {
      const before = state;
      if (Object.entries(patch).every(([key, value]) => Object.is(before[key as keyof T], value))) return;
      state = { ...before, ...patch };
      for (const listener of listeners) listener(state, before);
    },
    subscribe(listener) {
      listeners = [...listeners, listener];
      return () => {
        listeners = listeners.filter((each) => each !== listener);
      };
    },
  };
}
