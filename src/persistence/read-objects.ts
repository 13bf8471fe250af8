/**
 * Reads objects from a storage, and checks that they are objects of the library: a plugin written in JavaScript may give
 * plain records, or no array, and each caller would fail at another property that these lack.
 */
import { modelOf } from '../arguments.ts';
import { InvalidPersistence } from '../errors/index.ts';
import type { Connection } from '../objects/connection.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import type { Volume } from '../objects/volume.ts';
import type { ConnectionFilter, SnapshotFilter, VolumeFilter } from '../rpc/contract.ts';
import type { PersistenceDriver } from './driver.ts';

/** @throws {InvalidPersistence} if the storage gives something else */
export function readVolumes(storage: PersistenceDriver, filter: VolumeFilter): Promise<readonly Volume[]> {
  return checked(storage, 'getVolumes', storage.getVolumes(filter), isA('Volume'));
}

/** @throws {InvalidPersistence} if the storage gives something else */
export function readSnapshots(storage: PersistenceDriver, filter: SnapshotFilter): Promise<readonly Snapshot[]> {
  return checked(storage, 'getSnapshots', storage.getSnapshots(filter), isA('Snapshot'));
}

/** @throws {InvalidPersistence} if the storage gives something else */
export function readConnections(storage: PersistenceDriver, filter: ConnectionFilter): Promise<readonly Connection[]> {
  return checked(storage, 'getConnections', storage.getConnections(filter), isA('VolumeAttachment'));
}

const isA = (model: string) => (found: unknown) => modelOf(found) === model;

/** What is read, if it is an array of what is expected. */
export async function checked<T>(
  storage: PersistenceDriver,
  getter: string,
  reading: Promise<readonly T[]>,
  isExpected: (found: T) => boolean,
  expected = "the library's objects, as this.context.load() makes them",
): Promise<readonly T[]> {
  const found = await reading;
  if (Array.isArray(found) && found.every(isExpected)) return found;
  throw new InvalidPersistence(`${storage.storageName}.${getter}() must return an array of ${expected}.`);
}
