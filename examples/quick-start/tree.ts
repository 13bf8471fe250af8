/** Opens a database that Python's cinderlib wrote, and prints the first volumes of each backend as a tree. */
import { type Connection, type Snapshot, setup, type Volume } from 'cinderlib-wasm';

const connection = process.argv[2] ?? 'sqlite:///test/golden/rich.sqlite';

const shown = 5;

const cl = await setup({
  persistence_config: { storage: 'db', connection, read_only: true },
  fail_on_missing_backend: false,
});
console.log(`${connection}, written by Python's cinderlib:`);
const backends = new Map<string, Volume[]>();
for await (const vol of cl.Volume.iterate()) {
  const name = String(vol.backend);
  backends.set(name, [...(backends.get(name) ?? []), vol]);
}
for (const [name, volumes] of [...backends].sort(([a], [b]) => (a < b ? -1 : 1))) {
  console.log(`${name}: ${volumes.length} volumes`);
  const more = volumes.length - shown;
  for (const [place, vol] of volumes.slice(0, shown).entries()) {
    await showVolume(vol, more <= 0 && place === volumes.length - 1);
  }
  if (more > 0) console.log(`└─ and ${more} more`);
}
console.log();
await cl.close();

async function showVolume(vol: Volume, isLast: boolean): Promise<void> {
  console.log(`${isLast ? '└─' : '├─'} ${label(vol.name)}, ${vol.size} GiB, ${vol.status}`);
  const children = [...(await vol.snapshots()).map(snapshotLine), ...(await vol.connections()).map(connectionLine)];
  for (const [place, child] of children.entries()) {
    console.log(`${isLast ? '  ' : '│ '} ${place === children.length - 1 ? '└─' : '├─'} ${child}`);
  }
}

function snapshotLine(snapshot: Snapshot): string {
  return `snapshot ${label(snapshot.name)}, ${snapshot.volume_size} GiB, ${snapshot.status}`;
}

function connectionLine(conn: Connection): string {
  const host = conn.connector?.['host'] ?? 'an unknown host';
  return `connection to ${host} over ${conn.protocol ?? 'an unknown protocol'}, ${conn.attached ? `attached at ${conn.path}` : 'not attached'}`;
}

/** Users choose names: they may be empty, long, contain line breaks, or reverse the direction of the text after them. */
function label(name: string | null): string {
  const escaped = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`;
  const text = JSON.stringify(name ?? '').replace(/[\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}
