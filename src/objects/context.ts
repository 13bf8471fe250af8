/** What objects need from their context: `Cinderlib`, or what stands for it while a dump is read (`load.ts`). */
import type { VersionedObject } from '../cinder/versioned-object.ts';
import type { PersistenceDriver } from '../persistence/driver.ts';
import type { AnyWorker } from '../rpc/any-worker.ts';
import type { Change } from '../rpc/contract.ts';
import type { Backend } from './backend.ts';
import type { Connection } from './connection.ts';
import type { Snapshot } from './snapshot.ts';
import type { Volume } from './volume.ts';

/** The context as storages and objects see it; created by `setup`. */
export interface Context {
  /** The storage in use; `setPersistence` replaces it. Throws `ContextClosed` after `close()`. */
  readonly persistence: PersistenceDriver;
  /** The initialised backends, by name. */
  readonly backends: ReadonlyMap<string, Backend>;
  /** The options of `setup`, with their defaults. */
  readonly settings: ContextSettings;
  /** Makes objects from what a storage has read. */
  readonly restore: Restore;
  /** Makes objects from a dump; see `Cinderlib.load`. */
  load(source: unknown, options?: { save?: boolean }): Promise<unknown>;
  /** Reports stored changes to the readers of `changes()`. */
  reportChanges(changes: readonly Change[]): void;
}

/** Wraps objects from a storage or a dump as resources; `restore.ts` is the only implementation. */
export interface Restore {
  /** A volume; unless given, its backend is the one in its `host`. */
  volume(ovo: VersionedObject, backend?: Backend | string): Volume;
  /** A snapshot; its backend is named in its `progress`. */
  snapshot(ovo: VersionedObject, backend?: Backend | string): Snapshot;
  /** A connection; unless given, its backend is that of the volume inside it. */
  connection(ovo: VersionedObject, backend?: Backend | string): Connection;
}

/** The options of `setup` that apply to objects, and to what is opened for the context later. */
export interface ContextSettings {
  /** The part before `@` in the `host` of new volumes. */
  readonly host: string;
  /** The project of new volumes. */
  readonly project_id: string;
  /** The user of new volumes. */
  readonly user_id: string;
  /** Whether dumps contain the whole configuration of each backend, secrets included. */
  readonly output_all_backend_info: boolean;
  /** The command that drivers run privileged commands with. */
  readonly root_helper: string;
  /** Whether reading a volume whose backend is not initialised is an error. */
  readonly fail_on_missing_backend: boolean;
  /** Whether persistence cores run in a worker, or how to create it; a migration with this context's storage does as well. */
  readonly worker: boolean | (() => AnyWorker);
}
