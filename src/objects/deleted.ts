/** Refuses operations on what an object knows to be deleted: a driver would fail, or do what cannot be stored. */
import { ConnectionNotFound, SnapshotNotFound, VolumeNotFound } from '../errors/index.ts';
import type { Backend } from './backend.ts';
import { writableBackend } from './backends.ts';
import { withResource } from './failed-operation.ts';
import type { Resource } from './resource.ts';

/** @throws VolumeNotFound, SnapshotNotFound or ConnectionNotFound, if the object was deleted through this very object. */
export function refuseDeleted(resource: Resource): void {
  if (isDeleted(resource)) throw withResource(notFound(resource), resource);
}

/** Whether the object was deleted through this very object; of other objects of the same row it knows nothing. */
export function isDeleted({ ovo }: Resource): boolean {
  return ovo.get('deleted') === true;
}

/** The backend, for an operation on something that must still exist, and whose result is stored. */
export function livingBackend(resource: Resource): Backend {
  const backend = writableBackend(resource);
  refuseDeleted(resource);
  return backend;
}

function notFound({ id, ovo: { model } }: Resource): Error {
  // The model's name tells which of the three classes it is.
  if (model.name === 'Volume') return new VolumeNotFound(id);
  return model.name === 'Snapshot' ? new SnapshotNotFound(id) : new ConnectionNotFound(id);
}
