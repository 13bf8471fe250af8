/** Errors of moving everything from one storage to another. */
import { CinderlibError } from './base.ts';

/** The target holds something under the same id that is not older and the same: it is not overwritten. */
export class MigrationConflict extends CinderlibError {
  override readonly name = 'MigrationConflict';
  override readonly code = 'MIGRATION_CONFLICT';
  /**
   * @param kind what it is: `volume`, `snapshot`, `connection`, `volume type` or `key-value`
   * @param id its id, or its key
   * @param found what the target has
   */
  constructor(
    readonly kind: string,
    readonly id: string,
    found: string,
  ) {
    super(
      `The target has ${found} already: ${kind} ${JSON.stringify(id)}. It is not overwritten. ` +
        'Compare the two, and delete the one that is not wanted.',
    );
  }
}

/** The source was changed while it was read: what was read is of no one moment. */
export class SourceChanged extends CinderlibError {
  override readonly name = 'SourceChanged';
  override readonly code = 'SOURCE_CHANGED';
}
