/** A statement as the messages of errors show it. */

const longest = 500;

/** Values are bound, so the SQL itself contains none. */
export function shownSql(sql: string): string {
  return sql.length <= longest ? sql : `${sql.slice(0, longest)}…`;
}
