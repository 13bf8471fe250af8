/** A list that is read from the storage on first use, and kept up to date from then on. */

/** The changes made to the list during a read, whose answer may predate them. The array also identifies the read. */
type Meanwhile<T> = ((items: readonly T[]) => readonly T[])[];

export class LazyList<T extends { readonly id: string }> {
  #items: readonly T[] | null = null;
  /** The read whose answer becomes the list: the latest to start, unless the list has been replaced since. */
  #current: Meanwhile<T> | null = null;
  #answer: Promise<readonly T[]> | null = null;
  readonly #underWay: Meanwhile<T>[] = [];

  /** The items; null while they are not loaded. */
  get loaded(): readonly T[] | null {
    return this.#items;
  }

  /** Whether the items are loaded or being read. */
  get isWanted(): boolean {
    return this.#items !== null || this.#current !== null;
  }

  /**
   * The items, which the first call reads with the given function; concurrent calls share that read. Each call gets an
   * array of its own, which it may sort.
   */
  async load(read: () => Promise<readonly T[]>): Promise<readonly T[]> {
    if (this.#items !== null) return [...this.#items];
    return [...(await (this.#current !== null && this.#answer !== null ? this.#answer : this.reload(read)))];
  }

  /** Reads the items again; never joins a read that is already in progress. */
  reload(read: () => Promise<readonly T[]>): Promise<readonly T[]> {
    const meanwhile: Meanwhile<T> = [];
    this.#current = meanwhile;
    this.#underWay.push(meanwhile);
    this.#answer = this.#read(read, meanwhile);
    return this.#answer;
  }

  /** Replaces the items; null discards them, so that they are read again on next use. */
  replace(items: readonly T[] | null): void {
    this.#current = null;
    this.#set(items);
  }

  /** Adds a new item at the end, or replaces the item with the same id. */
  put(item: T): void {
    this.#change((items) => {
      const place = items.findIndex(({ id }) => id === item.id);
      return place < 0 ? [...items, item] : items.with(place, item);
    });
  }

  /** Removes an item. */
  remove(item: T): void {
    this.#change((items) => items.filter(({ id }) => id !== item.id));
  }

  /** Called with the items after each change, for subclasses that mirror them elsewhere. */
  protected changed(_items: readonly T[] | null): void {}

  #change(change: (items: readonly T[]) => readonly T[]): void {
    for (const meanwhile of this.#underWay) meanwhile.push(change);
    if (this.#items !== null) this.#set(change(this.#items));
  }

  #set(items: readonly T[] | null): void {
    this.#items = items === null ? null : [...items];
    this.changed(this.#items);
  }

  async #read(read: () => Promise<readonly T[]>, meanwhile: Meanwhile<T>): Promise<readonly T[]> {
    try {
      const found = await read();
      const items = meanwhile.reduce((changed, change) => change(changed), found);
      if (this.#current === meanwhile) this.#set(items);
      // Callers waiting for a read that a later one has overtaken get the newer items.
      return this.#items ?? items;
    } finally {
      this.#underWay.splice(this.#underWay.indexOf(meanwhile), 1);
      if (this.#current === meanwhile) this.#current = null;
    }
  }
}
