/** Reads the databases that Python's cinderlib wrote, and the answers that it gave about them. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const folder = new URL('../golden/', import.meta.url);

export interface GoldenQuery {
  readonly method: 'get_volumes' | 'get_snapshots' | 'get_connections' | 'get_key_values';
  readonly args: Readonly<Record<string, string | null>>;
  /** Ids; for key-values, pairs. */
  readonly result: readonly unknown[];
}

export interface GoldenDatabase {
  readonly name: string;
  readonly dialect: 'sqlite' | 'mysql' | 'postgres';
  readonly file: string;
  readonly expected: string;
  readonly backends: readonly string[];
  readonly sha256: string;
  readonly queries: readonly GoldenQuery[];
}

export interface GoldenRevision {
  readonly name: string;
  readonly file: string;
  readonly sha256: string;
  readonly opens: boolean;
  readonly expected?: string;
  readonly error?: { readonly class: string; readonly message: string };
  readonly after: {
    readonly tables: number;
    readonly has_key_value_table: boolean;
    readonly alembic_version: readonly string[] | null;
    readonly migrate_version: readonly number[] | null;
    readonly default_types: readonly (readonly string[])[];
  };
}

/** A text, or its hash and length if it is too long to keep. */
export type GoldenText = string | { readonly sha256: string; readonly length: number };

export interface GoldenObject {
  readonly jsons: string;
  readonly dumps: string;
  readonly simple_jsons: string;
  readonly to_dict: unknown;
}

/** The exception that was raised. */
export interface GoldenFailure {
  readonly error: { readonly class: string; readonly message: string };
}

export interface GoldenAnswers {
  readonly backends: readonly string[];
  readonly cl_jsons: GoldenText;
  readonly cl_dumps: GoldenText;
  readonly cl_jsons_after_dumps: GoldenText;
  readonly backend_jsons: Readonly<Record<string, GoldenText>>;
  readonly backend_dumps: Readonly<Record<string, GoldenText>>;
  readonly volumes: Readonly<Record<string, GoldenObject>>;
  readonly snapshots: Readonly<Record<string, GoldenObject>>;
  readonly connections: Readonly<Record<string, GoldenObject>>;
  /** Connections for which every text failed, each with its one error. */
  readonly unprintable_connections?: Readonly<Record<string, GoldenFailure>>;
  readonly key_values: readonly (readonly [key: string, value: string | null])[];
  readonly queries: readonly GoldenQuery[];
}

/** A dump of a server's database, without the lines that older versions of its client do not understand. */
export function goldenSql(file: string): string {
  const text = goldenBytes(file).toString('utf8');
  return text.replaceAll(/^(\/\*M!999999.*|\\(un)?restrict .*)$/gm, '');
}

/** The bytes of a golden file, decompressed. */
export function goldenBytes(file: string): Buffer {
  const bytes = readFileSync(new URL(file, folder));
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

/** The content of a golden JSON file. Each file has the shape that its name stands for. */
export function goldenJson<T>(file: string): T {
  return JSON.parse(goldenBytes(file).toString('utf8')) as T;
}

const allDatabases = goldenJson<{ databases: GoldenDatabase[] }>('manifest.json').databases;

export const goldenDatabases = allDatabases.filter(({ dialect }) => dialect === 'sqlite');

/** Dumps of databases on servers. */
export const goldenServerDatabases = allDatabases.filter(({ dialect }) => dialect !== 'sqlite');

export const goldenRevisions = goldenJson<readonly GoldenRevision[]>('revisions-manifest.json');

/** Creates a temporary folder that is removed after `use`. */
export async function inTemporaryFolder<T>(use: (path: string) => T | Promise<T>): Promise<T> {
  const path = mkdtempSync(join(tmpdir(), 'cinderlib-'));
  try {
    return await use(path);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** Makes a copy of a golden database that a test may modify. */
export function copyGolden(file: string, to: string): string {
  if (file.endsWith('.gz')) writeFileSync(to, goldenBytes(file));
  else copyFileSync(new URL(file, folder), to);
  return to;
}
