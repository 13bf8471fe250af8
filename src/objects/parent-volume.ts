/** The volume that a snapshot or connection belongs to: read when it is first asked for. */
import { VolumeNotFound } from '../errors/index.ts';
import { refuseOthers } from '../given.ts';
import type { Connection } from './connection.ts';
import type { Resource } from './resource.ts';
import type { Snapshot } from './snapshot.ts';
import type { Volume } from './volume.ts';

export class ParentVolume {
  readonly #child: Resource;
  #volume: Volume | null = null;

  constructor(child: Resource) {
    this.#child = child;
  }

  /** The volume as far as it is loaded; null while it is not. */
  get loaded(): Volume | null {
    return this.#volume;
  }

  /** Keeps the volume whose object the child's object holds already. */
  keep(volume: Volume | null): void {
    this.#volume = volume;
  }

  /** Makes the child one of this very volume object, in its dumps too. */
  set(volume: Volume): void {
    refuseOthers('setVolume', volume, 'Volume');
    this.#volume = volume;
    this.#child.ovo.restore('volume', volume.ovo);
    this.#child.ovo.restore('volume_id', volume.id);
  }

  /** Gives the child its place in the volume's loaded list: a dump of the child has another object, or none, there. */
  join(child: Snapshot | Connection): void {
    this.#volume?.childRefreshed(child);
  }

  /** Puts the child back under its volume after it was read again, with or without a volume of its own inside. */
  restore(child: Snapshot | Connection, again: Volume | null = null): void {
    if (this.#volume === null) return;
    this.set(this.#volume);
    this.#volume.childRefreshed(child, again);
  }

  /** The volume, read from the storage at the first call. Throws `VolumeNotFound`. */
  async load(): Promise<Volume> {
    if (this.#volume !== null) return this.#volume;
    const id = this.#child.ovo.get('volume_id');
    const volume_id = typeof id === 'string' ? id : '';
    const [volume] = volume_id === '' ? [] : await this.#child.context.persistence.getVolumes({ volume_id });
    // Another call was faster, or somebody said which it is: it must not be a second object.
    if (this.#volume !== null) return this.#volume;
    if (volume === undefined) throw new VolumeNotFound(volume_id);
    this.set(volume);
    return volume;
  }
}
