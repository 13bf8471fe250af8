/** The third process: opens the file, prints its volumes as a table, and reads the start of the file volumes. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setup } from 'cinderlib-wasm';
import { files } from './backends.ts';

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

const backend = await cl.backend(files);
for (const vol of [...(await backend.volumes())].reverse()) {
  const [snapshot] = await vol.snapshots();
  const [now, before] = [await firstLine(`volume-${vol.id}`), await firstLine(`snapshot-${snapshot?.id}`)];
  console.log(
    `${vol.name}: ${vol.size} GiB in ${files.directory}, begins with "${now}"; its snapshot begins with "${before}"`,
  );
}
console.log();
await cl.close();

/** The start of a volume's or snapshot's file, which holds its raw bytes and nothing else. */
async function firstLine(name: string): Promise<string> {
  const file = await open(join(files.directory, name), 'r');
  const { buffer } = await file.read(Buffer.alloc(80), 0, 80, 0);
  await file.close();
  return String(buffer).trim();
}
