/** Plugins that break the contract, each in one way: its tests must find every one of them out. */
import {
  type Connection,
  type ConnectionFilter,
  type KeyValue,
  type Snapshot,
  type SnapshotFilter,
  setup,
  type Volume,
} from 'cinderlib-wasm';
import { persistenceContract } from 'cinderlib-wasm/testing';
import { expect, test } from 'vitest';
import { NoteBook } from '../../examples/support/note-book.ts';

/** Runs the contract on a plugin; gives the names of the tests that it fails, what they report, and all names. */
async function contractOn(storage: typeof NoteBook): Promise<{ failed: string[]; reports: string[]; all: string[] }> {
  const tests = new Map<string, () => Promise<void>>();
  persistenceContract({ test: (name, body) => tests.set(name, body), setup, storage: () => ({ storage }) });
  const failed: string[] = [];
  const reports: string[] = [];
  for (const [name, body] of tests) {
    await body().catch((error: Error) => {
      failed.push(name);
      reports.push(error.message);
    });
  }
  return { failed, reports, all: [...tests.keys()] };
}

type Saved = Volume | Snapshot | Connection;

/** Calls `store` on an object, and afterwards restores the marks of change that it had before. */
async function keepingMarks({ ovo }: Saved, store: () => Promise<void>): Promise<void> {
  const type = ovo.child('volume_type');
  const marked = [ovo, type].flatMap((object) =>
    object === null ? [] : [{ object, names: [...object.changedFields] }],
  );
  await store();
  for (const { object, names } of marked) for (const name of names) object.markChanged(name);
}

/** Calls `remove` on an object, and afterwards reverts what that set on it. */
async function keepingAlive({ ovo }: Saved, remove: () => Promise<void>): Promise<void> {
  const names = ['deleted', 'deleted_at', 'status'].filter((name) => ovo.isSet(name));
  const values = names.map((name) => [name, ovo.get(name)] as const);
  await remove();
  for (const [name, value] of values) ovo.restore(name, value);
}

/** Calls `store` on an object while the given fields have the given values. */
async function having({ ovo }: Saved, fields: Readonly<Record<string, unknown>>, store: () => Promise<void>) {
  const values = Object.keys(fields).map((name) => [name, ovo.get(name)] as const);
  for (const [name, value] of Object.entries(fields)) ovo.restore(name, value);
  await store();
  for (const [name, value] of values) if (value !== undefined) ovo.restore(name, value);
}

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

class VolumeMarksStay extends NoteBook {
  override async setVolume(volume: Volume) {
    await keepingMarks(volume, () => super.setVolume(volume));
  }
}

class SnapshotMarksStay extends NoteBook {
  override async setSnapshot(snapshot: Snapshot) {
    await keepingMarks(snapshot, () => super.setSnapshot(snapshot));
  }
}

class ConnectionMarksStay extends NoteBook {
  override async setConnection(connection: Connection) {
    await keepingMarks(connection, () => super.setConnection(connection));
  }
}

class TypeMarksStay extends NoteBook {
  override async setVolume(volume: Volume) {
    const type = volume.ovo.child('volume_type');
    const names = [...(type?.changedFields ?? [])];
    await super.setVolume(volume);
    for (const name of names) type?.markChanged(name);
  }
}

class VolumeNotMarkedDeleted extends NoteBook {
  override async deleteVolume(volume: Volume) {
    await keepingAlive(volume, () => super.deleteVolume(volume));
  }
}

class SnapshotNotMarkedDeleted extends NoteBook {
  override async deleteSnapshot(snapshot: Snapshot) {
    await keepingAlive(snapshot, () => super.deleteSnapshot(snapshot));
  }
}

class ConnectionNotMarkedDeleted extends NoteBook {
  override async deleteConnection(connection: Connection) {
    await keepingAlive(connection, () => super.deleteConnection(connection));
  }
}

class ConnectionNeverUpdated extends NoteBook {
  override async setConnection(connection: Connection) {
    const [stored] = await this.getConnections({ connection_id: connection.id });
    if (stored === undefined) await super.setConnection(connection);
    else connection.ovo.resetChanges();
  }
}

class MissingVolumeThrows extends NoteBook {
  override async deleteVolume(volume: Volume) {
    if ((await this.getVolumes({ volume_id: volume.id })).length === 0) throw new Error('no such volume');
    await super.deleteVolume(volume);
  }
}

class MissingSnapshotThrows extends NoteBook {
  override async deleteSnapshot(snapshot: Snapshot) {
    if ((await this.getSnapshots({ snapshot_id: snapshot.id })).length === 0) throw new Error('no such snapshot');
    await super.deleteSnapshot(snapshot);
  }
}

class MissingConnectionThrows extends NoteBook {
  override async deleteConnection(connection: Connection) {
    const stored = await this.getConnections({ connection_id: connection.id });
    if (stored.length === 0) throw new Error('no such connection');
    await super.deleteConnection(connection);
  }
}

class SnapshotsOfIdAlone extends NoteBook {
  override async getSnapshots(filter: SnapshotFilter = {}) {
    return super.getSnapshots(filter.snapshot_id ? { snapshot_id: filter.snapshot_id } : filter);
  }
}

class SnapshotsOfNameAlone extends NoteBook {
  override async getSnapshots({ volume_id, ...filter }: SnapshotFilter = {}) {
    return super.getSnapshots(filter.snapshot_name ? filter : { ...filter, volume_id });
  }
}

class ConnectionsOfIdAlone extends NoteBook {
  override async getConnections({ connection_id, volume_id }: ConnectionFilter = {}) {
    return super.getConnections(connection_id ? { connection_id } : { volume_id });
  }
}

class VolumeStoredLater extends NoteBook {
  override async setVolume(volume: Volume) {
    void soon().then(() => super.setVolume(volume));
  }
}

class SnapshotStoredLater extends NoteBook {
  override async setSnapshot(snapshot: Snapshot) {
    void soon().then(() => super.setSnapshot(snapshot));
  }
}

class ConnectionStoredLater extends NoteBook {
  override async setConnection(connection: Connection) {
    void soon().then(() => super.setConnection(connection));
  }
}

class StatusNotUpdated extends NoteBook {
  override async setVolume(volume: Volume) {
    const [stored] = await this.getVolumes({ volume_id: volume.id });
    await having(volume, { status: stored?.status ?? volume.status }, () => super.setVolume(volume));
  }
}

class SnapshotStatusNotUpdated extends NoteBook {
  override async setSnapshot(snapshot: Snapshot) {
    const [stored] = await this.getSnapshots({ snapshot_id: snapshot.id });
    await having(snapshot, { status: stored?.status ?? snapshot.status }, () => super.setSnapshot(snapshot));
  }
}

class NoProviderFields extends NoteBook {
  override async setVolume(volume: Volume) {
    const none = { provider_id: null, provider_location: null, provider_auth: null };
    await having(volume, none, () => super.setVolume(volume));
  }
}

class NoProviderFieldsOfSnapshots extends NoteBook {
  override async setSnapshot(snapshot: Snapshot) {
    await having(snapshot, { provider_location: null, provider_auth: null }, () => super.setSnapshot(snapshot));
  }
}

class NoMetadataOfSnapshots extends NoteBook {
  override async setSnapshot(snapshot: Snapshot) {
    await having(snapshot, { metadata: {} }, () => super.setSnapshot(snapshot));
  }
}

class NoMountpoint extends NoteBook {
  override async setConnection(connection: Connection) {
    await having(connection, { mountpoint: null }, () => super.setConnection(connection));
  }
}

test('the plugin that the broken ones extend passes', async () => {
  const { failed, all } = await contractOn(NoteBook);
  expect(failed).toEqual([]);
  expect(all.length).toBeGreaterThan(30);
});

test.each([
  [VolumeMarksStay, /clears the marks of change/],
  [SnapshotMarksStay, /clears the marks of change/],
  [ConnectionMarksStay, /clears the marks of change/],
  [TypeMarksStay, /clears the marks of change/],
  [VolumeNotMarkedDeleted, /marks a volume/],
  [SnapshotNotMarkedDeleted, /marks a volume, a snapshot/],
  [ConnectionNotMarkedDeleted, /and a connection as deleted/],
  [ConnectionNeverUpdated, /every field of a stored connection/],
  [MissingVolumeThrows, /never stored is no error/],
  [MissingSnapshotThrows, /never stored is no error/],
  [MissingConnectionThrows, /never stored is no error/],
  [SnapshotsOfIdAlone, /snapshots must match every given filter/],
  [SnapshotsOfNameAlone, /snapshots must match every given filter/],
  [ConnectionsOfIdAlone, /connections must match every given filter/],
  [VolumeStoredLater, /as soon as its promise resolves/],
  [SnapshotStoredLater, /as soon as its promise resolves/],
  [ConnectionStoredLater, /as soon as its promise resolves/],
  [StatusNotUpdated, /every field of a stored volume/],
  [SnapshotStatusNotUpdated, /every field of a stored snapshot/],
  [NoProviderFields, /every field of a volume/],
  [NoProviderFieldsOfSnapshots, /every field of a snapshot/],
  [NoMetadataOfSnapshots, /every field of a snapshot/],
  [NoMountpoint, /every field of a connection/],
])('%o fails the test that covers its fault', async (plugin, about) => {
  const { failed } = await contractOn(plugin);
  expect(failed.filter((name) => about.test(name))).not.toEqual([]);
});

test('cleanUp() runs even if the storage cannot be opened', async () => {
  class Closed extends NoteBook {
    override async open(): Promise<void> {
      throw new Error('no storage');
    }
  }
  const undone: string[] = [];
  const bodies: (() => Promise<void>)[] = [];
  persistenceContract({
    test: (_name, body) => bodies.push(body),
    setup,
    storage: () => ({ storage: Closed }),
    cleanUp: () => void undone.push('undone'),
  });
  await expect(bodies[0]?.()).rejects.toThrow('no storage');
  expect(undone).toEqual(['undone']);
});

// Getters as a plugin in JavaScript may have them.
const getters: readonly (readonly [fault: string, name: 'getKeyValues' | 'getSnapshots', getter: () => unknown])[] = [
  ['resolves to nothing', 'getKeyValues', async () => undefined],
  ['gives a set', 'getKeyValues', async () => new Set()],
  ['is not asynchronous and throws', 'getKeyValues', () => decodeURI('%')],
  ['resolves to nothing', 'getSnapshots', async () => undefined],
];

test.each(getters)('a getter that %s fails the tests that need it, and them alone: %s', async (_, name, getter) => {
  class Odd extends NoteBook {}
  Object.defineProperty(Odd.prototype, name, { value: getter });
  const { failed, reports, all } = await contractOn(Odd);
  expect(failed).toContain('an empty storage lists nothing');
  expect(failed.length).toBeLessThan(all.length / 2);
  expect(reports.filter((report) => report.includes('storage() must give an empty one'))).toEqual([]);
});

test('a plugin that only its getters make ready is found out', async () => {
  class ReadyOnceRead extends NoteBook {
    #ready = false;

    override async getKeyValues(key?: string | null) {
      this.#ready = true;
      return super.getKeyValues(key);
    }

    override async setKeyValue(keyValue: KeyValue) {
      if (!this.#ready) throw new Error('not ready');
      await super.setKeyValue(keyValue);
    }
  }
  const { reports } = await contractOn(ReadyOnceRead);
  expect(reports).toContain('not ready');
});

test('a storage that keeps what earlier tests left is named as the reason for failures', async () => {
  const tests = new Map<string, () => Promise<void>>();
  const storage = new NoteBook();
  persistenceContract({ test: (name, body) => tests.set(name, body), setup, storage: () => ({ storage }) });
  const failures: string[] = [];
  for (const body of tests.values()) await body().catch((error: Error) => failures.push(error.message));
  expect(failures.length).toBeGreaterThan(3);
  for (const failure of failures) {
    expect
      .soft(failure)
      .toMatch(/ The next storage held \d+ objects from the start: storage\(\) must give an empty one/);
  }
});
