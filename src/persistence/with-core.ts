/**
 * The storages that have a core, and the client that reaches it in a worker: what is loaded when a storage
 * asks for it. One file for all of them, or each would come to a page by itself.
 */
export { WorkerClient } from '../rpc/worker-client.ts';
export { DatabasePersistence } from './database.ts';
export { databaseAt, databaseInMemory } from './database-storage.ts';
