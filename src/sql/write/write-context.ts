/** The context in which one command writes. */
export interface WriteContext {
  /** The id of the database's own type `__DEFAULT__`. */
  readonly defaultTypeId: string;
  /** Whether deletes mark rows instead of removing them. */
  readonly softDeletes: boolean;
  /** The time of the command, which everything it writes has. */
  readonly now: string;
  readonly newId: () => string;
  /** In a dry run: the QoS specs that it has been given, as they would be stored by now. Types may share them. */
  readonly rehearsed?: Map<string, ReadonlyMap<string, string | null>>;
}
