/**
 * Takes snapshots of a database in the origin private file system. Its files offer no consistent view while
 * someone writes: so nobody may have them open for writing meanwhile.
 */
import { BlockFile } from '../block-file.ts';
import { browserFailure, noDatabase } from '../browser-failure.ts';
import type { WebLock } from '../locks/web-lock.ts';
import type { FileKind, MediumFile } from '../medium.ts';
import type { Snapshot, SnapshotSource } from '../snapshot.ts';
import { checkFiles } from './check-files.ts';
import type { OpfsPlace } from './opfs-place.ts';

export class OpfsSnapshots implements SnapshotSource {
  readonly medium = 'opfs';
  readonly path: string;
  readonly #place: OpfsPlace;
  readonly #lock: () => Promise<WebLock>;

  /** @param lock keeps writers out, but not other readers */
  constructor(place: OpfsPlace, lock: () => Promise<WebLock>) {
    this.#place = place;
    this.path = place.path;
    this.#lock = lock;
  }

  async take(last: Snapshot | null): Promise<Snapshot> {
    const lock = await this.#lock();
    try {
      const found = await this.#place.files();
      const version = [...found.values()].map((file) => `${file?.size}:${file?.lastModified}`).join();
      if (last?.version === version) return last;
      await checkFiles(this.path, found);
      return { version, files: await this.#contents(found) };
    } finally {
      lock.release();
    }
  }

  close(): void {}

  async #contents(found: ReadonlyMap<FileKind, File | null>): Promise<ReadonlyMap<FileKind, MediumFile>> {
    const files = new Map<FileKind, MediumFile>();
    for (const [kind, file] of found) {
      if (kind === '' && file === null) throw noDatabase(this.path);
      // An empty companion counts as none.
      if (file === null || (kind !== '' && file.size === 0)) continue;
      try {
        files.set(kind, BlockFile.of(new Uint8Array(await file.arrayBuffer())));
      } catch (error) {
        throw browserFailure('read', this.path + kind, error);
      }
    }
    return files;
  }
}
