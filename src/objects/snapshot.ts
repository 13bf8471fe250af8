/** A snapshot of a volume and its operations. */
import { fieldsArgument } from '../arguments.ts';
import { refuseNewProperties } from '../assignments.ts';
import { snapshotModel } from '../cinder/snapshot.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { ObjectActionError, SnapshotNotFound, ValueError } from '../errors/index.ts';
import { readSnapshots } from '../persistence/read-objects.ts';
import type { Backend } from './backend.ts';
import { backendNamed, nameOfBackend, writableBackend } from './backends.ts';
import type { Context } from './context.ts';
import { createAndStore } from './creation.ts';
import { refuseDeleted } from './deleted.ts';
import { markFailed } from './failed-operation.ts';
import type { SnapshotFields } from './fields.ts';
import type { NewVolumeFields } from './given-fields.ts';
import { NamedResource } from './named-resource.ts';
import { type FieldValues, newObject, withDisplayNames } from './new-object.ts';
import { ParentVolume } from './parent-volume.ts';
import { refuseArguments } from './refuse-arguments.ts';
import type { Volume } from './volume.ts';
import { withFields } from './with-fields.ts';

/**
 * A snapshot of a volume: a row of Cinder's table `snapshots`. Its fields are properties named like the columns;
 * an assignment is checked immediately (`ValueError`) and stored by `save()`.
 *
 * @example
 * ```ts
 * const snapshot = await volume.createSnapshot({ name: 'before' });
 * const copy = await snapshot.createVolume({ name: 'as it was' });
 * ```
 */
export class Snapshot extends withFields<SnapshotFields, NamedResource, ConstructorParameters<typeof NamedResource>>(
  NamedResource,
  snapshotModel,
) {
  readonly #volume = new ParentVolume(this);

  protected override readonly resourceClass = 'Snapshot';
  protected override readonly simplifiedWithout = ['volume'];

  static {
    refuseArguments(Snapshot, 'volume', 'save', 'delete');
  }

  constructor(...given: ConstructorParameters<typeof NamedResource>) {
    super(...given);
    refuseNewProperties(this, Snapshot, new.target);
  }

  /** Wraps an object from a storage or a dump. `backend` is the dump's; the object names its backend too. */
  static restore(context: Context, ovo: VersionedObject, backend: Backend | string | null = null): Snapshot {
    const snapshot = new Snapshot(context, snapshotBackend(context, ovo, backend), ovo);
    const inside = ovo.child('volume');
    if (inside !== null) snapshot.#volume.keep(context.restore.volume(inside, snapshot.backend));
    return snapshot;
  }

  /** Wraps an object that came inside its volume. */
  static restoreChild(context: Context, ovo: VersionedObject, volume: Volume): Snapshot {
    const snapshot = new Snapshot(context, snapshotBackend(context, ovo, volume.backend), ovo);
    snapshot.setVolume(volume);
    return snapshot;
  }

  /** A snapshot that has not been taken yet. */
  static make(volume: Volume, fields: FieldValues): Snapshot {
    const ovo = newObject(snapshotModel, {
      status: 'creating',
      metadata: {},
      user_id: volume.user_id,
      project_id: volume.project_id,
      ...withDisplayNames(fields),
      ...Snapshot.fieldsFrom(volume),
    });
    const snapshot = new Snapshot(volume.context, volume.backend, ovo);
    snapshot.#volume.keep(volume);
    return snapshot;
  }

  /** The fields of a snapshot that its volume decides. Cinder has no field for the backend: cinderlib uses `progress`. */
  static fieldsFrom({ id, size, volume_type_id, ovo, backend }: Volume): FieldValues {
    return {
      volume_id: id,
      volume_size: size,
      volume_type_id,
      volume: ovo,
      progress: nameOfBackend(backend),
    };
  }

  protected override get sizeToShow(): unknown {
    return this.volume_size;
  }

  /** The volume that this is a snapshot of; the first call reads it from the storage. Throws `VolumeNotFound`. */
  async volume(): Promise<Volume> {
    return this.#volume.load();
  }

  /** Makes the snapshot a child of this particular volume object. */
  setVolume(volume: Volume): void {
    this.#volume.set(volume);
  }

  /** Joins the children of the volume that came inside it. Called by `load`. */
  joinVolume(): void {
    this.#volume.join();
  }

  /** Stores the fields assigned since the snapshot was created, read or last saved; all fields if none was. */
  async save(): Promise<void> {
    await this.context.persistence.setOne(this);
  }

  /** Reads the snapshot again; unsaved assignments are lost. Throws `SnapshotNotFound` when it is not stored. */
  async refresh(): Promise<void> {
    const [again] = await readSnapshots(this.context.persistence, { snapshot_id: this.id });
    if (again === undefined) throw new SnapshotNotFound(this.id);
    if (again === this) return;
    this.replaceOvo(again.ovo);
    this.#volume.restore();
  }

  /** Takes the snapshot, stores its metadata, and lists it in its volume. Called by `volume.createSnapshot`. */
  async create(): Promise<void> {
    const { driver } = writableBackend(this);
    let isUndone = false;
    try {
      await createAndStore({
        object: this,
        make: () => driver.createSnapshot(this),
        save: () => this.#volume.saveNew(),
        stored: () => readSnapshots(this.context.persistence, { snapshot_id: this.id }),
        undo: async () => {
          await driver.deleteSnapshot(this);
          isUndone = true;
        },
      });
    } finally {
      if (!isUndone) this.joinVolume();
    }
  }

  /**
   * Deletes the snapshot from the storage, then its metadata.
   *
   * @throws What the driver or the metadata storage threw, with the snapshot as `error.resource`, whose status is then
   *   `error_deleting`.
   */
  async delete(): Promise<void> {
    const { driver } = writableBackend(this);
    try {
      await driver.deleteSnapshot(this);
      await this.context.persistence.deleteSnapshot(this);
    } catch (error) {
      throw await markFailed(this, 'error_deleting', error);
    }
    this.#volume.loaded?.forgetSnapshot(this);
  }

  /** Creates a volume with the content of the snapshot. The given fields override those copied from its volume. */
  async createVolume(fields: NewVolumeFields = {}): Promise<Volume> {
    const given = fieldsArgument('createVolume() takes an object with fields', fields, { snapshot_id: this.id });
    refuseDeleted(this);
    const volume = await this.volume();
    return volume.restoreSnapshot(this, given);
  }

  protected override async loadForDump(): Promise<void> {
    // As in the original, nothing is loaded: the dump of a snapshot from a database does not contain its volume.
  }
}

function progressOf(ovo: VersionedObject): unknown {
  const progress = ovo.get('progress');
  if (progress !== undefined) return progress;
  throw new ObjectActionError('obj_load_attr', 'attribute progress not lazy-loadable');
}

/** A snapshot names its backend in its `progress`; the backend given with it must be the same. */
function snapshotBackend(context: Context, ovo: VersionedObject, given: Backend | string | null): Backend | string {
  const progress = progressOf(ovo);
  const givenName = typeof given === 'object' ? given?.id : given;
  if (!progress) {
    if (given === null) throw new ValueError('Backend not provided');
    return given;
  }
  const name = String(progress);
  if (givenName !== undefined && givenName !== name) {
    throw new ValueError("Multiple backends provided and they don't match");
  }
  return given !== null && typeof given !== 'string' ? given : backendNamed(context, ovo, name);
}
