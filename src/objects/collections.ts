/**
 * Finds stored objects from the context: `cl.Volume.getById(id)` and the like. Like Python's class methods, these can
 * be passed on as they are: `ids.map(cl.Volume.getById)`.
 */
import { filterArgument, textArgument } from '../arguments.ts';
import { ConnectionNotFound, SnapshotNotFound, VolumeNotFound } from '../errors/index.ts';
import type { VolumeFilter } from '../persistence/driver.ts';
import { readConnections, readSnapshots, readVolumes } from '../persistence/read-objects.ts';
import type { Connection } from './connection.ts';
import type { Context } from './context.ts';
import type { Snapshot } from './snapshot.ts';
import type { Volume } from './volume.ts';

export class Volumes {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** The volume with that id. Throws `VolumeNotFound`. */
  readonly getById = async (volume_id: string): Promise<Volume> => {
    // An empty filter matches everything: the empty id must not find the newest volume.
    const [volume] = textArgument('getById', volume_id)
      ? await readVolumes(this.#context.persistence, { volume_id })
      : [];
    if (volume === undefined) throw new VolumeNotFound(volume_id);
    return volume;
  };

  /** The volumes with that name; an empty list if there are none. */
  readonly getByName = async (volume_name: string): Promise<readonly Volume[]> => {
    const name = textArgument('getByName', volume_name);
    return named(name, await readVolumes(this.#context.persistence, { volume_name: name }));
  };

  /** Iterates over all matching volumes, newest first in a database, holding at most one page of them in memory. */
  readonly iterate = (filter: VolumeFilter = {}): AsyncIterable<Volume> => {
    const given = filterArgument('iterate', filter, ['volume_id', 'volume_name', 'backend_name']);
    return this.#context.persistence.iterateVolumes(given);
  };
}

export class Snapshots {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** The snapshot with that id. Throws `SnapshotNotFound`. */
  readonly getById = async (snapshot_id: string): Promise<Snapshot> => {
    const [snapshot] = textArgument('getById', snapshot_id)
      ? await readSnapshots(this.#context.persistence, { snapshot_id })
      : [];
    if (snapshot === undefined) throw new SnapshotNotFound(snapshot_id);
    return snapshot;
  };

  /** The snapshots with that name; an empty list if there are none. */
  readonly getByName = async (snapshot_name: string): Promise<readonly Snapshot[]> => {
    const name = textArgument('getByName', snapshot_name);
    return named(name, await readSnapshots(this.#context.persistence, { snapshot_name: name }));
  };
}

export class Connections {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  /** The connection with that id. Throws `ConnectionNotFound`. */
  readonly getById = async (connection_id: string): Promise<Connection> => {
    const [connection] = textArgument('getById', connection_id)
      ? await readConnections(this.#context.persistence, { connection_id })
      : [];
    if (connection === undefined) throw new ConnectionNotFound(connection_id);
    return connection;
  };
}

/** The objects with that name among those found: the storage does not filter by an empty name. */
function named<T extends { readonly display_name: string | null }>(name: string, found: readonly T[]): readonly T[] {
  return name === '' ? found.filter(({ display_name }) => display_name === '') : found;
}
