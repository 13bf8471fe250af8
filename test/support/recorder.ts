/** A driver, a connector and a storage that record their calls in one common list. */
import {
  type Connection,
  type ConnectionFilter,
  type KeyValue,
  PersistenceDriver,
  type Snapshot,
  type SnapshotFilter,
  type Volume,
  VolumeDriver,
  type VolumeFilter,
} from 'cinderlib-wasm';

/** `D` for a driver call, `P` for a storage call with the stored status, `C` for a connector call. */
export type Log = string[];

/** What a driver call returns or throws, by method. */
export type Script = Map<string, unknown>;

export function recordingDriver(log: Log, script: Script) {
  const call = (method: string): unknown => {
    log.push(`D ${method}`);
    const told = script.get(method);
    if (told instanceof Error) throw told;
    return told;
  };
  return class RecordingDriver extends VolumeDriver {
    override doSetup() {
      call('doSetup');
    }
    override checkForSetupError() {
      call('checkForSetupError');
    }
    override async initCapabilities() {
      log.push('D initCapabilities');
      await super.initCapabilities();
    }
    override setThrottle() {
      call('setThrottle');
    }
    override setInitialized() {
      call('setInitialized');
    }
    override getVolumeStats() {
      return (script.get('getVolumeStats') ?? { pools: [{ pool_name: 'pool' }] }) as Record<string, unknown>;
    }
    override createVolume() {
      return call('createVolume') as never;
    }
    override deleteVolume() {
      call('deleteVolume');
    }
    override extendVolume(_volume: unknown, size: unknown) {
      call(`extendVolume`);
      log.push(`  to ${String(size)}`);
    }
    override createClonedVolume() {
      return call('createClonedVolume') as never;
    }
    override createVolumeFromSnapshot() {
      return call('createVolumeFromSnapshot') as never;
    }
    override createSnapshot() {
      return call('createSnapshot') as never;
    }
    override deleteSnapshot() {
      call('deleteSnapshot');
    }
    override createExport() {
      return call('createExport') as never;
    }
    override removeExport() {
      call('removeExport');
    }
    override initializeConnection() {
      return (call('initializeConnection') ?? { driver_volume_type: 'fake', data: { volume_id: 'x' } }) as never;
    }
    override terminateConnection(_volume: unknown, _connector: unknown, { force }: { readonly force: boolean }) {
      call('terminateConnection');
      if (force) log.push('  by force');
    }
  };
}

/** A connector whose calls are recorded with a `C`. Its device is always valid. */
export function recordingConnector(log: Log) {
  return class RecordingConnector {
    connectVolume() {
      log.push('C connectVolume');
      return { path: '/dev/recorded', type: 'block' };
    }
    disconnectVolume() {
      log.push('C disconnectVolume');
    }
    checkValidDevice() {
      return true;
    }
  };
}

export class RecordingPersistence extends PersistenceDriver {
  readonly #log: Log;
  readonly #objects = {
    volumes: new Map<string, Volume>(),
    snapshots: new Map<string, Snapshot>(),
    connections: new Map<string, Connection>(),
  };
  /** Errors to throw, by method, or by method and stored status. */
  readonly failures = new Map<string, Error>();
  /** Errors that the setters throw when they have stored the object, by method. */
  readonly afterwards = new Map<string, Error>();

  constructor(log: Log) {
    super();
    this.#log = log;
  }

  override get db() {
    return null;
  }

  override async getVolumes({ volume_id }: VolumeFilter = {}) {
    this.#refuse('getVolumes');
    return [...this.#objects.volumes.values()].filter(({ id }) => !volume_id || id === volume_id);
  }

  override async getSnapshots({ snapshot_id, volume_id }: SnapshotFilter = {}) {
    this.#refuse('getSnapshots');
    return [...this.#objects.snapshots.values()].filter(
      (snapshot) => (!snapshot_id || snapshot.id === snapshot_id) && (!volume_id || snapshot.volume_id === volume_id),
    );
  }

  override async getConnections({ volume_id }: ConnectionFilter = {}) {
    return [...this.#objects.connections.values()].filter(
      (connection) => !volume_id || connection.volume_id === volume_id,
    );
  }

  override async getKeyValues(): Promise<KeyValue[]> {
    return [];
  }

  override async setVolume(volume: Volume) {
    this.#record(`setVolume ${volume.status}`);
    this.#objects.volumes.set(volume.id, volume);
    this.#refuse('setVolume', this.afterwards);
    await super.setVolume(volume);
  }

  override async setSnapshot(snapshot: Snapshot) {
    this.#record(`setSnapshot ${snapshot.status}`);
    this.#objects.snapshots.set(snapshot.id, snapshot);
    this.#refuse('setSnapshot', this.afterwards);
    await super.setSnapshot(snapshot);
  }

  override async setConnection(connection: Connection) {
    this.#record(`setConnection ${connection.attached ? 'attached' : 'not attached'}`);
    this.#objects.connections.set(connection.id, connection);
    await super.setConnection(connection);
  }

  override async deleteVolume(volume: Volume) {
    this.#record('deleteVolume');
    this.#objects.volumes.delete(volume.id);
    await super.deleteVolume(volume);
  }

  override async deleteSnapshot(snapshot: Snapshot) {
    this.#record('deleteSnapshot');
    this.#objects.snapshots.delete(snapshot.id);
    await super.deleteSnapshot(snapshot);
  }

  override async deleteConnection(connection: Connection) {
    this.#record('deleteConnection');
    this.#objects.connections.delete(connection.id);
    await super.deleteConnection(connection);
  }

  /** Deletes a volume as another program would: no object here learns of it. */
  forget(volume_id: string): void {
    this.#objects.volumes.delete(volume_id);
  }

  #record(call: string): void {
    this.#log.push(`P ${call}`);
    this.#refuse(call);
    this.#refuse(call.split(' ')[0] ?? '');
  }

  #refuse(call: string, failures: ReadonlyMap<string, Error> = this.failures): void {
    const failure = failures.get(call);
    if (failure !== undefined) throw failure;
  }
}
