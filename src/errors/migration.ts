/** Errors of `migrate`, which copies everything from one storage to another. */
import { CinderlibError } from './base.ts';

/** The target has a different or newer object with the same id, or one that is not known to be older. It is not overwritten. */
export class MigrationConflict extends CinderlibError {
  override readonly name = 'MigrationConflict';
  override readonly code = 'MIGRATION_CONFLICT';
  /** @param found what the target already has, in words */
  constructor(
    /** `volume`, `snapshot`, `connection`, `volume type` or `key-value`. */
    readonly kind: string,
    /** The object's id, or the key of a key-value. */
    readonly id: string,
    found: string,
  ) {
    super(
      `The target already has ${found}: ${kind} ${JSON.stringify(id)}. It was not overwritten. ` +
        'Compare the two, and delete the unwanted one.',
    );
  }
}

/** The source was changed while it was being read, so what was read is not a consistent snapshot. */
export class SourceChanged extends CinderlibError {
  override readonly name = 'SourceChanged';
  override readonly code = 'SOURCE_CHANGED';
}
