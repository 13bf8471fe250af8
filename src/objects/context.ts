/** What the objects need of the context that they belong to; `Cinderlib` is the one implementation. */
import type { VersionedObject } from '../cinder/versioned-object.ts';
import type { PersistenceDriver } from '../persistence/driver.ts';
import type { Change } from '../rpc/contract.ts';
import type { Backend } from './backend.ts';
import type { Connection } from './connection.ts';
import type { Snapshot } from './snapshot.ts';
import type { Volume } from './volume.ts';

export interface Context {
  /** The storage in use; it changes when `setPersistence` is called. Throws `ContextClosed` after `close()`. */
  readonly persistence: PersistenceDriver;
  readonly backends: ReadonlyMap<string, Backend>;
  readonly settings: ContextSettings;
  readonly restore: Restore;
  /** Makes objects of a dump; see `Cinderlib.load`. */
  load(source: unknown, options?: { save?: boolean }): Promise<unknown>;
  /** Takes what a storage has stored, for those who read `changes()`. */
  reportChanges(changes: readonly Change[]): void;
}

/** Makes resources of objects that come from a storage or a dump; the one implementation is `restore.ts`. */
export interface Restore {
  volume(ovo: VersionedObject, backend?: Backend | string): Volume;
  snapshot(ovo: VersionedObject, backend?: Backend | string): Snapshot;
  connection(ovo: VersionedObject, backend?: Backend | string): Connection;
}

/** The options of `setup` that the objects go by. */
export interface ContextSettings {
  readonly host: string;
  readonly project_id: string;
  readonly user_id: string;
  readonly output_all_backend_info: boolean;
  readonly root_helper: string;
  readonly fail_on_missing_backend: boolean;
}
