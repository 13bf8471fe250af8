/** The volume that a snapshot or connection belongs to, read from the storage on first use. */
import { requireModel } from '../arguments.ts';
import { VolumeNotFound } from '../errors/index.ts';
import { readVolumes } from '../persistence/read-objects.ts';
import type { Connection } from './connection.ts';
import { refuseDeleted } from './deleted.ts';
import type { Snapshot } from './snapshot.ts';
import type { Volume } from './volume.ts';

export class ParentVolume {
  readonly #child: Snapshot | Connection;
  #volume: Volume | null = null;

  constructor(child: Snapshot | Connection) {
    this.#child = child;
  }

  /** The volume; null while it is not loaded. */
  get loaded(): Volume | null {
    return this.#volume;
  }

  /** Remembers the volume whose object the child's object already contains. */
  keep(volume: Volume | null): void {
    this.#volume = volume;
  }

  /** Makes the child one of this particular volume object, in its dumps too. */
  set(volume: Volume): void {
    requireModel('setVolume', volume, 'Volume');
    this.#volume = volume;
    this.#child.ovo.restore('volume', volume.ovo);
    this.#child.ovo.restore('volume_id', volume.id);
  }

  /** Puts the child into the volume's loaded list, where the child's dump has a separate object or none. */
  join(): void {
    this.#volume?.childRefreshed(this.#child);
  }

  /** Puts the child back under its volume after it was read again, with or without a volume nested in it. */
  restore(again: Volume | null = null): void {
    if (this.#volume === null) return;
    this.set(this.#volume);
    this.#volume.childRefreshed(this.#child, again);
  }

  /**
   * Stores the child, which is new.
   *
   * @throws VolumeNotFound if the volume was deleted meanwhile, as far as the storage can tell; else what `save()` throws.
   */
  async saveNew(): Promise<void> {
    if (this.#volume !== null) refuseDeleted(this.#volume);
    await this.#child.context.persistence.setChild(this.#child);
  }

  /** The volume; the first call reads it from the storage. Throws `VolumeNotFound`. */
  async load(): Promise<Volume> {
    if (this.#volume !== null) return this.#volume;
    const id = this.#child.ovo.get('volume_id');
    const volume_id = typeof id === 'string' ? id : '';
    const [volume] = volume_id === '' ? [] : await readVolumes(this.#child.context.persistence, { volume_id });
    // Another call may have loaded or set it meanwhile: do not introduce a second object of the same volume.
    if (this.#volume !== null) return this.#volume;
    if (volume === undefined) throw new VolumeNotFound(volume_id);
    this.set(volume);
    return volume;
  }
}
