/** A value that notifies listeners when it changes. */
export interface Store<T extends object> {
  get(): Readonly<T>;
  /** Change some of it. Listeners are called once, in the order they came, with the state before. */
  set(patch: Partial<T>): void;
  subscribe(listener: (state: Readonly<T>, before: Readonly<T>) => void): void;
}

export function createStore<T extends object>(initial: T): Store<T> {
  let state: Readonly<T> = initial;
  const listeners: ((state: Readonly<T>, before: Readonly<T>) => void)[] = [];
  return {
    get: () => state,
    set(patch) {
      const before = state;
      if (Object.entries(patch).every(([key, value]) => Object.is(before[key as keyof T], value))) return;
      state = { ...before, ...patch };
      for (const listener of listeners) listener(state, before);
    },
    subscribe(listener) {
      listeners.push(listener);
    },
  };
}
