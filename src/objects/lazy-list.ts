/** A list that is read from the storage when it is first asked for, and kept up to date from then on. */

export class LazyList<T extends { readonly id: string }> {
  #items: readonly T[] | null = null;
  #reading: Promise<readonly T[]> | null = null;
  /** What happened to the list while it was being read: the storage may have answered before. */
  #meanwhile: ((items: readonly T[]) => readonly T[])[] = [];

  /** The items as far as they are loaded; null while they are not. */
  get loaded(): readonly T[] | null {
    return this.#items;
  }

  /** The items, read with the given function at the first call; calls that come meanwhile wait for the same answer. */
  load(read: () => Promise<readonly T[]>): Promise<readonly T[]> {
    if (this.#items !== null) return Promise.resolve(this.#items);
    return this.reload(read);
  }

  /** The items, read anew. */
  reload(read: () => Promise<readonly T[]>): Promise<readonly T[]> {
    this.#reading ??= this.#read(read).finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** Gives the list new items; null forgets it, so that it is read when it is asked for again. */
  replace(items: readonly T[] | null): void {
    this.#items = items === null ? null : [...items];
    this.changed(this.#items);
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
    if (this.#reading !== null) this.#meanwhile.push(change);
    if (this.#items !== null) this.replace(change(this.#items));
  }

  async #read(read: () => Promise<readonly T[]>): Promise<readonly T[]> {
    this.#meanwhile = [];
    const items = await read();
    this.replace(this.#meanwhile.reduce((changed, change) => change(changed), items));
    return this.#items ?? [];
  }
}
