/**
 * The tables of a new database on MySQL, MariaDB or PostgreSQL: the same as on SQLite, in the server's dialect.
 *
 * Servers check references, so a table comes after those that it refers to. On MySQL each table is created
 * with its indexes in one statement, as a whole or not at all.
 */
import { type SchemaObject, schemaObjects } from './sqlite.ts';

export type ServerDialect = 'mysql' | 'postgresql';

/** What the original's tables have on servers only. */
const additions: Readonly<Record<string, (column: string) => string>> = {
  encryption: (column) => column.replace(/^("(?:control_location|provider|encryption_id)" \S+)$/, '$1 NOT NULL'),
};

/** Fractions of seconds in `workers`, where Cinder checks whether the server keeps them. */
const mysqlAdditions: Readonly<Record<string, (column: string) => string>> = {
  workers: (column) => column.replace('"updated_at" DATETIME', '"updated_at" DATETIME(6)'),
};

/** The order in which the original's migrations created foreign keys, whose names on MySQL are numbered. */
const mysqlReferences: Readonly<Record<string, readonly string[]>> = {
  volumes: ['consistencygroup_id', 'group_id', 'service_uuid'],
  snapshots: ['cgsnapshot_id', 'group_snapshot_id', 'volume_id'],
};

/** Everything that has to be created, in order; `alembic_version` comes last. */
export function serverObjects(dialect: ServerDialect): readonly SchemaObject[] {
  const objects = schemaObjects();
  const indexes = objects.filter(({ kind }) => kind === 'index');
  const tables = inReferenceOrder(objects.filter(({ kind }) => kind === 'table'));
  if (dialect === 'mysql') return tables.map((table) => mysqlTable(table, indexes));
  // Some foreign keys refer to columns that only an index makes unique.
  const indexesOf = (table: string) => indexes.filter(({ sql }) => indexPattern.exec(sql)?.[3] === table);
  return tables.flatMap((table) => [postgresTable(table), ...indexesOf(table.name)]);
}

interface Definition {
  readonly name: string;
  readonly items: readonly string[];
}

function definitionOf({ name, sql }: SchemaObject): Definition {
  const items = sql.slice(sql.indexOf('(\n') + 2, -2).split(/,\s*\n/);
  const addition = additions[name] ?? same;
  return { name, items: items.map((item) => addition(quoted(item.trim()))) };
}

const same = (column: string): string => column;

/** Quotes all names: some are keywords of a server's SQL. */
function quoted(item: string): string {
  const list = (names: string): string => names.replaceAll(/"?(\w+)"?/g, '"$1"');
  if (/^(CHECK|PRIMARY|UNIQUE|FOREIGN|CONSTRAINT)\b/.test(item)) {
    return item
      .replace(/^CONSTRAINT (\w+)/, 'CONSTRAINT "$1"')
      .replace(/(KEY|UNIQUE) ?\(([^)]*)\)/, (_, word: string, names: string) => `${word} (${list(names)})`)
      .replace(/REFERENCES (\w+) \(([^)]*)\)/, (_, table: string, names: string) => {
        return `REFERENCES "${table}" (${list(names)})`;
      });
  }
  return item.replace(/^"?(\w+)"? /, '"$1" ');
}

function mysqlTable(object: SchemaObject, indexes: readonly SchemaObject[]): SchemaObject {
  const { name, items } = definitionOf(object);
  const addition = mysqlAdditions[name] ?? same;
  const columns = items.map((item) => {
    // MySQL does not keep the name of a primary key.
    const words = item.replace(/^CONSTRAINT "\w+" PRIMARY/, 'PRIMARY').replace('DEFAULT (0)', 'DEFAULT 0');
    return addition(words.replace(/^"id" INTEGER NOT NULL$/, '$& AUTO_INCREMENT'));
  });
  const keys = indexes.flatMap(({ sql }) => {
    const [, unique = '', index, table, names = ''] = indexPattern.exec(sql) ?? [];
    return table === name ? [`${unique}KEY "${index}" (${names.replaceAll(/\w+/g, '"$&"')})`] : [];
  });
  // The original rebuilds this table on SQLite, which loses its check.
  const checks = name === 'quota_usages' ? ['CHECK (deleted IN (0, 1))'] : [];
  const all = [...inOrderOfReferences(name, columns), ...keys, ...checks];
  // The original creates all tables but this one after setting the database's character set.
  const charset = name === 'alembic_version' ? '' : ' DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_general_ci';
  return { kind: 'table', name, sql: `CREATE TABLE "${name}" (\n\t${all.join(',\n\t')}\n) ENGINE=InnoDB${charset}` };
}

const indexPattern = /^CREATE (UNIQUE )?INDEX (\w+) ON (\w+) \(([^)]*)\)/;

function inOrderOfReferences(name: string, items: readonly string[]): readonly string[] {
  const order = mysqlReferences[name];
  if (order === undefined) return items;
  const place = (item: string): number => order.findIndex((column) => item.includes(`FOREIGN KEY ("${column}")`));
  return [...items].sort((a, b) => place(a) - place(b));
}

function postgresTable(object: SchemaObject): SchemaObject {
  const { name, items } = definitionOf(object);
  const columns = items
    .filter((item) => !item.startsWith('CHECK'))
    .map((item) =>
      item
        .replace(/^"id" INTEGER NOT NULL$/, '"id" SERIAL NOT NULL')
        .replace(/ DATETIME\b/, ' TIMESTAMP WITHOUT TIME ZONE')
        .replace('BOOLEAN DEFAULT (0)', 'BOOLEAN DEFAULT false'),
    );
  return { kind: 'table', name, sql: `CREATE TABLE "${name}" (\n\t${columns.join(',\n\t')}\n)` };
}

/** Tables after those that they refer to; last `alembic_version`, which says that the others are there. */
function inReferenceOrder(tables: readonly SchemaObject[]): readonly SchemaObject[] {
  const names = new Set(tables.map(({ name }) => name));
  const sorted: SchemaObject[] = [];
  let waiting = tables.filter(({ name }) => name !== 'alembic_version');
  while (waiting.length > 0) {
    const ready = waiting.filter(({ name, sql }) =>
      [...sql.matchAll(/REFERENCES (\w+)/g)].every(([, other = '']) => other === name || !names.has(other)),
    );
    if (ready.length === 0)
      throw new Error(`Tables refer to each other: ${waiting.map(({ name }) => name).join(', ')}.`);
    for (const table of ready) names.delete(table.name);
    sorted.push(...ready);
    waiting = waiting.filter((table) => !ready.includes(table));
  }
  return [...sorted, ...tables.filter(({ name }) => name === 'alembic_version')];
}
