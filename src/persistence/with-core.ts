/**
 * The storages that have a core, and the client that reaches it in a worker; imported on demand. One module for all,
 * or a page would load each of them separately.
 */
export { WorkerClient } from '../rpc/worker-client.ts';
export { DatabasePersistence } from './database.ts';
export { databaseAt, databaseInMemory } from './database-storage.ts';
