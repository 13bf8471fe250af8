/** Runs the contract of storages on a server's database in any runtime. `contract.mjs <URL>` */
import { setup } from 'cinderlib-wasm';
import { persistenceContract } from 'cinderlib-wasm/testing';
import { limitsOf } from '../../support/server-limits.ts';

const [connection = ''] = process.argv.slice(2);
const storage = { storage: 'db', connection };
const tests = new Map<string, () => Promise<void>>();
persistenceContract({
  test: (name, body) => tests.set(name, body),
  setup,
  storage: () => storage,
  limits: limitsOf(connection.startsWith('mysql') ? 'mysql' : 'postgresql'),
  cleanUp: empty,
});

async function empty(): Promise<void> {
  const cl = await setup({ persistence_config: storage, fail_on_missing_backend: false });
  const { persistence } = cl;
  for (const connected of await persistence.getConnections()) await persistence.deleteConnection(connected);
  for (const snapshot of await persistence.getSnapshots()) await persistence.deleteSnapshot(snapshot);
  for (const volume of await persistence.getVolumes()) await persistence.deleteVolume(volume);
  for (const pair of await persistence.getKeyValues()) await persistence.deleteKeyValue(pair);
  await cl.close();
}

const failures: string[] = [];
for (const [name, body] of tests) {
  await body().catch((error: unknown) => failures.push(`${name}: ${error instanceof Error ? error.stack : error}`));
}
console.log(JSON.stringify({ tests: tests.size, failures }));
