/** Golden SQL dumps reduced to single tables, as `pg_dump -t` and `mysqldump DATABASE TABLE` write them. */
import { goldenBytes } from './golden.ts';

const statement =
  /^(?:--.*\n|\s)*(?:CREATE TABLE|DROP TABLE IF EXISTS|INSERT INTO|ALTER TABLE(?: ONLY)?) (?:\w+\.)?`?(\w+)/;

/** @param keep whether the dump contains that table */
export function partialDump(name: string, keep: (table: string) => boolean): string {
  const statements = goldenBytes(`${name}.sql`)
    .toString('utf8')
    .split(/(?<=;\n)/);
  const isKept = (text: string): boolean => {
    const [, table] = statement.exec(text) ?? [];
    return table === undefined || keep(table);
  };
  return statements.filter(isKept).join('');
}
