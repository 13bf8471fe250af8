/** What the writing of one command goes by. */
export interface WriteContext {
  /** The id of the database's own type `__DEFAULT__`. */
  readonly defaultTypeId: string;
  /** Whether deletes mark rows instead of removing them. */
  readonly softDeletes: boolean;
  /** The instant of the command: everything it writes has the same time. */
  readonly now: string;
  readonly newId: () => string;
}
