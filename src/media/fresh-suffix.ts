/** What follows a database's name in that of its content to be: a name that is no file's of anybody, and soon its own. */
export type FreshSuffix = `.${string}.part`;

/** Random: a fixed one may be that of a file, or of another database, which would be lost. */
export function freshSuffix(): FreshSuffix {
  return `.${crypto.randomUUID().slice(0, 8)}.part`;
}
