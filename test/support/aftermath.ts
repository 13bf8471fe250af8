/** Checks what a crash left of a database, as seen by native SQLite and by this library. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setup } from 'cinderlib-wasm';
import { contentsOf } from './contents.ts';

/** Rows that only a half-applied transaction would leave. */
const orphans = `SELECT count(*) FROM (
  SELECT 1 FROM volume_metadata WHERE volume_id NOT IN (SELECT id FROM volumes)
  UNION ALL SELECT 1 FROM snapshot_metadata WHERE snapshot_id NOT IN (SELECT id FROM snapshots)
  UNION ALL SELECT 1 FROM volume_types WHERE name <> '__DEFAULT__' AND id NOT IN (SELECT id FROM volumes)
  UNION ALL SELECT 1 FROM volume_type_extra_specs WHERE volume_type_id NOT IN (SELECT id FROM volume_types)
  UNION ALL SELECT 1 FROM snapshots WHERE volume_id NOT IN (SELECT id FROM volumes))`;

export interface Aftermath {
  /** The content of the database, by object. */
  readonly found: readonly (readonly [object: string, content: string])[];
  /** Problems visible without knowing what should be there, one sentence each. */
  readonly problems: readonly string[];
  /** Whether there was a journal or log that was not empty. */
  readonly torn: boolean;
}

/**
 * Opens the database as the next program would and reports problems: it compares our recovery with native SQLite's
 * recovery of the very same files, and checks which files are left after closing. The folder must contain nothing but
 * the database.
 */
export async function aftermath(path: string): Promise<Aftermath> {
  const problems: string[] = [];
  const torn = ['-journal', '-wal'].some((kind) => (statSync(path + kind, { throwIfNoEntry: false })?.size ?? 0) > 0);
  const native = recoveredNatively(path);
  if (native.integrity !== 'ok') problems.push(`Native recovery leaves a damaged database: ${native.integrity}.`);

  let found: Aftermath['found'];
  try {
    found = await contents(path);
  } catch (error) {
    return { found: [], problems: [...problems, `It cannot be read: ${String(error)}`], torn };
  }

  const files = readdirSync(dirname(path));
  if (files.join() !== basename(path)) problems.push(`After close() there are ${files.join(', ')}.`);
  const ours = readNatively(path);
  if (ours.integrity !== 'ok') {
    return { found, problems: [...problems, `After close() the database is damaged: ${ours.integrity}.`], torn };
  }
  // A program killed before its first commit leaves no tables; opening creates them all.
  if (native.dump.includes('CREATE TABLE') && native.dump !== ours.dump) {
    problems.push(`Native recovery and ours differ: ${firstDifference(native.dump, ours.dump)}.`);
  }
  const left = execFileSync('sqlite3', ['-readonly', path, orphans], { encoding: 'utf8' }).trim();
  if (left !== '0') problems.push(`${left} rows belong to nothing.`);
  return { found, problems, torn };
}

async function contents(path: string): Promise<Aftermath['found']> {
  const cl = await setup({
    persistence_config: { storage: 'db', connection: `sqlite:///${path}` },
    worker: false,
    fail_on_missing_backend: false,
  });
  try {
    return [...(await contentsOf(cl))];
  } finally {
    await cl.close();
  }
}

interface NativeView {
  readonly integrity: string;
  readonly dump: string;
}

/** A copy of the files, recovered by native SQLite. */
function recoveredNatively(path: string): NativeView {
  const folder = mkdtempSync(`${dirname(path)}-native-`);
  try {
    const copy = join(folder, basename(path));
    for (const kind of ['', '-journal', '-wal']) if (existsSync(path + kind)) copyFileSync(path + kind, copy + kind);
    return readNatively(copy);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readNatively(path: string): NativeView {
  const script = ['PRAGMA integrity_check;', '.dump --preserve-rowids'];
  const {
    status,
    stdout: text,
    stderr,
  } = spawnSync('sqlite3', [path, ...script], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) return { integrity: stderr, dump: '' };
  const end = text.indexOf('\n');
  return { integrity: text.slice(0, end), dump: text.slice(end + 1) };
}

function firstDifference(native: string, ours: string): string {
  const [one, other] = [native.split('\n'), ours.split('\n')];
  const at = one.findIndex((line, index) => line !== other[index]);
  const cut = (line: string | undefined): string => (line === undefined ? 'nothing' : line.slice(0, 200));
  return `${cut(one[at])}, and ${cut(other[at])}`;
}
