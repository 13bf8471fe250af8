/**
 * Takes snapshots of a database in the origin private file system. Its files offer no consistent view while
 * someone writes: so nobody may have them open for writing meanwhile.
 */
import { BlockFile } from '../block-file.ts';
import { browserFailure, noDatabase } from '../browser-failure.ts';
import type { WebLock } from '../locks/web-lock.ts';
import { type FileKind, lastingFiles, type MediumFile } from '../medium.ts';
import type { Snapshot, SnapshotSource } from '../snapshot.ts';
import type { OpfsPlace } from './opfs-place.ts';
import { refuseIncomplete } from './refuse-incomplete.ts';

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
      const found = await Promise.all(lastingFiles.map(async (kind) => [kind, await this.#place.file(kind)] as const));
      const version = found.map(([, file]) => `${file?.size}:${file?.lastModified}`).join();
      if (last?.version === version) return last;
      const of = new Map(found);
      await refuseIncomplete(this.path, of.get('') ?? null, of.get('-wal') ?? null);
      return { version, files: await this.#contents(found) };
    } finally {
      lock.release();
    }
  }

  close(): void {}

  async #contents(found: readonly (readonly [FileKind, File | null])[]): Promise<ReadonlyMap<FileKind, MediumFile>> {
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
