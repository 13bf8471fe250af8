/** Takes snapshots of a database in IndexedDB: each is one read transaction, isolated from writers. */
import { BlockFile } from '../block-file.ts';
import type { Snapshot, SnapshotSource } from '../snapshot.ts';
import { versionOf } from './block-records.ts';
import type { IndexedDbStore } from './indexeddb-store.ts';

export class IndexedDbSnapshots implements SnapshotSource {
  readonly medium = 'indexeddb';
  readonly path: string;
  readonly #store: IndexedDbStore;

  constructor(store: IndexedDbStore) {
    this.#store = store;
    this.path = store.path;
  }

  async take(last: Snapshot | null): Promise<Snapshot> {
    if (last !== null && (await this.#store.version()) === last.version) return last;
    const { header, extents } = await this.#store.read();
    return { version: versionOf(header), files: new Map([['', new BlockFile(extents, header.size)]]) };
  }

  close(): void {
    this.#store.close();
  }
}
