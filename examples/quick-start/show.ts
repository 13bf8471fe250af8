/** The second process: opens the file and shows what it finds as a table. */
import { setup } from 'cinderlib-wasm';

const connection = process.argv[2] ?? 'sqlite:///cl.sqlite';

const cl = await setup({
  persistence_config: { storage: 'db', connection, read_only: true },
  fail_on_missing_backend: false,
});
console.log(`Process ${process.pid} opened ${connection} and found:`);
const rows: Record<string, unknown>[] = [];
for await (const vol of cl.Volume.iterate()) {
  rows.push({
    name: vol.name,
    GiB: vol.size,
    status: vol.status,
    tier: vol.volume_type?.extra_specs?.['tier'] ?? '',
    snapshots: (await vol.snapshots()).length,
    connections: (await vol.connections()).length,
    created: vol.created_at,
  });
}
console.table(rows);
const { medium, durability, size, revision } = await cl.info();
console.log(`medium ${medium}, durability ${durability}, ${size} bytes, schema revision ${revision}\n`);
await cl.close();
