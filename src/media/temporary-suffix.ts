/** The suffix of a new database's content before it is renamed into place: a name that no other file has. */
export type TemporarySuffix = `.${string}.part`;

/** Random: a fixed one might belong to an existing file or another database, which would be lost. */
export function temporarySuffix(): TemporarySuffix {
  return `.${crypto.randomUUID().slice(0, 8)}.part`;
}
