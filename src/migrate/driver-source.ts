/** Reads any storage through the persistence contract. */
import type { PersistenceDriver, Storable } from '../persistence/driver.ts';
import type { KeyValue } from '../persistence/key-value.ts';
import { readKeyValues } from '../persistence/read-key-values.ts';
import { readConnections, readSnapshots } from '../persistence/read-objects.ts';
import { type Item, itemOf } from './item.ts';
import type { NotCarried } from './report.ts';
import { pageSize, pages, type Source } from './source.ts';

export class DriverSource implements Source {
  readonly defaultType = null;
  readonly #driver: PersistenceDriver;

  constructor(driver: PersistenceDriver) {
    this.#driver = driver;
  }

  async count(): Promise<null> {
    return null;
  }

  async *items(): AsyncGenerator<readonly Item[], void, undefined> {
    let page: Item[] = [];
    for await (const { ovo } of this.#driver.iterateVolumes()) {
      page.push(itemOf(ovo));
      if (page.length < pageSize) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
    const itemsOf = (all: readonly Storable[]): Item[] => all.map(({ ovo }) => itemOf(ovo));
    for (const some of pages(await readConnections(this.#driver, {}))) yield itemsOf(some);
    for (const some of pages(await readSnapshots(this.#driver, {}))) yield itemsOf(some);
  }

  keyValues(): Promise<readonly KeyValue[]> {
    return readKeyValues(this.#driver);
  }

  async leftOut(): Promise<readonly NotCarried[]> {
    return [];
  }

  async state(): Promise<null> {
    return null;
  }
}
