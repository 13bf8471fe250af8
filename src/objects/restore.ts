/** Wraps versioned objects as resources of a context, for storages and for `load`. */
import { Connection } from './connection.ts';
import type { Context, Restore } from './context.ts';
import { Snapshot } from './snapshot.ts';
import { Volume } from './volume.ts';

export function restoreInto(context: Context): Restore {
  return {
    volume: (ovo, backend) => Volume.restore(context, ovo, backend),
    snapshot: (ovo, backend) => Snapshot.restore(context, ovo, backend),
    connection: (ovo, backend) => Connection.restore(context, ovo, backend),
  };
}
