/** Runs the contract suite on a server, with one database per test file that is emptied after each test. */
import { setup } from 'cinderlib-wasm';
import { persistenceContract } from 'cinderlib-wasm/testing';
import { test } from 'vitest';
import { limitsOf } from './server-limits.ts';
import { useServer } from './server-tests.ts';
import type { ServerKind } from './servers.ts';

/** Children before parents. */
const tables = [
  ...['volume_metadata', 'volume_admin_metadata', 'volume_attachment', 'snapshot_metadata', 'snapshots', 'volumes'],
  ...['volume_type_extra_specs', 'cinderlib_persistence_key_value'],
];
const types = `DELETE FROM volume_types WHERE name <> '__DEFAULT__';
  DELETE FROM quality_of_service_specs WHERE specs_id IS NOT NULL; DELETE FROM quality_of_service_specs`;
const emptying = `${tables.map((table) => `DELETE FROM ${table}`).join('; ')}; ${types}`;

export function serverContract(kind: ServerKind, options: { readonly soft_deletes: boolean }): void {
  const server = useServer(kind);
  let connection: string | null = null;
  persistenceContract({
    test: (name, body) =>
      test(name, async (context) => {
        server.require(context);
        await body();
      }),
    setup,
    storage: async () => {
      connection ??= await server.running.createDatabase();
      return { storage: 'db', connection, ...options };
    },
    limits: limitsOf(kind),
    cleanUp: () => void server.running.sql(emptying, new URL(connection ?? '').pathname.slice(1)),
  });
}
