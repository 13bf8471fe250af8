/** A source whose objects are all in memory, as read from a file. */
import type { VersionedObject } from '../cinder/versioned-object.ts';
import type { KeyValue } from '../persistence/key-value.ts';
import { type Item, itemOf } from './item.ts';
import type { NotCarried } from './report.ts';
import { pages, type Source } from './source.ts';

export interface ListContent {
  readonly volumes: readonly VersionedObject[];
  readonly connections: readonly VersionedObject[];
  readonly snapshots: readonly VersionedObject[];
  readonly keyValues: readonly KeyValue[];
  readonly leftOut: readonly NotCarried[];
}

export class ListSource implements Source {
  readonly defaultType = null;
  readonly #content: ListContent;

  constructor(content: ListContent) {
    this.#content = content;
  }

  async count(): Promise<number> {
    const { volumes, connections, snapshots, keyValues } = this.#content;
    return volumes.length + connections.length + snapshots.length + keyValues.length;
  }

  async *items(): AsyncGenerator<readonly Item[], void, undefined> {
    const { volumes, connections, snapshots } = this.#content;
    for (const objects of [volumes, connections, snapshots]) {
      for (const some of pages(objects)) yield some.map(itemOf);
    }
  }

  async keyValues(): Promise<readonly KeyValue[]> {
    return this.#content.keyValues;
  }

  async leftOut(): Promise<readonly NotCarried[]> {
    return this.#content.leftOut;
  }

  async state(): Promise<null> {
    return null;
  }
}
