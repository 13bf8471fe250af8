/** What the objects need of the context that they belong to; `Cinderlib` is the one implementation. */
import type { VersionedObject } from '../cinder/versioned-object.ts';
import type { PersistenceDriver } from '../persistence/driver.ts';
import type { Change } from '../rpc/contract.ts';
import type { Backend } from './backend.ts';
import type { Connection } from './connection.ts';
import type { Snapshot } from './snapshot.ts';
import type { Volume } from './volume.ts';

/** The context as storages and objects see it; `setup` makes it. */
export interface Context {
  /** The storage in use; it changes when `setPersistence` is called. Throws `ContextClosed` after `close()`. */
  readonly persistence: PersistenceDriver;
  /** The backends that are initialised, by name. */
  readonly backends: ReadonlyMap<string, Backend>;
  /** The options of `setup`, with their defaults. */
  readonly settings: ContextSettings;
  /** Makes objects of what a storage has read. */
  readonly restore: Restore;
  /** Makes objects of a dump; see `Cinderlib.load`. */
  load(source: unknown, options?: { save?: boolean }): Promise<unknown>;
  /** Takes what a storage has stored, for those who read `changes()`. */
  reportChanges(changes: readonly Change[]): void;
}

/** Makes resources of objects that come from a storage or a dump; the one implementation is `restore.ts`. */
export interface Restore {
  /** A volume; its backend is the one of its `host` unless given. */
  volume(ovo: VersionedObject, backend?: Backend | string): Volume;
  /** A snapshot; its backend is in its `progress`. */
  snapshot(ovo: VersionedObject, backend?: Backend | string): Snapshot;
  /** A connection; its backend is that of the volume in it unless given. */
  connection(ovo: VersionedObject, backend?: Backend | string): Connection;
}

/** The options of `setup` that the objects go by. */
export interface ContextSettings {
  /** The left part of the `host` of new volumes. */
  readonly host: string;
  /** The project of new volumes. */
  readonly project_id: string;
  /** The user of new volumes. */
  readonly user_id: string;
  /** Whether dumps hold whole configurations of backends. */
  readonly output_all_backend_info: boolean;
  /** What runs a command as root, for drivers that need that. */
  readonly root_helper: string;
  /** Whether reading a volume of a backend that is not initialised is an error. */
  readonly fail_on_missing_backend: boolean;
}
