/** A list that is read from the storage when it is first asked for, and kept up to date from then on. */

/** What happened to the list during a read: the storage may have answered before. It stands for the read itself. */
type Meanwhile<T> = ((items: readonly T[]) => readonly T[])[];

export class LazyList<T extends { readonly id: string }> {
  #items: readonly T[] | null = null;
  /** The read whose answer becomes the list: the last that began, unless the list was replaced since. */
  #current: Meanwhile<T> | null = null;
  #answer: Promise<readonly T[]> | null = null;
  readonly #underWay = new Set<Meanwhile<T>>();

  /** The items as far as they are loaded; null while they are not. */
  get loaded(): readonly T[] | null {
    return this.#items;
  }

  /** Whether the items are loaded or just being read. */
  get isWanted(): boolean {
    return this.#items !== null || this.#current !== null;
  }

  /**
   * The items, read with the given function at the first call; calls that come meanwhile wait for the same answer. Each
   * gets a list of its own, which it may sort.
   */
  async load(read: () => Promise<readonly T[]>): Promise<readonly T[]> {
    if (this.#items !== null) return [...this.#items];
    return [...(await (this.#current !== null && this.#answer !== null ? this.#answer : this.reload(read)))];
  }

  /** The items, read anew: not by a read that began before. */
  reload(read: () => Promise<readonly T[]>): Promise<readonly T[]> {
    const meanwhile: Meanwhile<T> = [];
    this.#current = meanwhile;
    this.#underWay.add(meanwhile);
    this.#answer = this.#read(read, meanwhile);
    return this.#answer;
  }

  /** Gives the list new items; null forgets it, so that it is read when it is asked for again. */
  replace(items: readonly T[] | null): void {
    this.#current = null;
    this.#set(items);
  }

  /** Takes an item in: a new one at the end, another state of one in its place. */
  put(item: T): void {
    this.#change((items) => {
      const place = items.findIndex(({ id }) => id === item.id);
      return place < 0 ? [...items, item] : items.with(place, item);
    });
  }

  /** Takes an item out. */
  remove(item: T): void {
    this.#change((items) => items.filter(({ id }) => id !== item.id));
  }

  /** Called with the items after each change, for those who show them elsewhere too. */
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
      // Whoever waits for a read that another one has overtaken gets what is newer.
      return this.#items ?? items;
    } finally {
      this.#underWay.delete(meanwhile);
      if (this.#current === meanwhile) this.#current = null;
    }
  }
}
