/** The values of Cinder's enum fields. */

export const volumeAttachStatus = [
  'attached',
  'attaching',
  'detached',
  'error_attaching',
  'error_detaching',
  'reserved',
  'deleted',
] as const;

export const snapshotStatus = [
  'error',
  'available',
  'creating',
  'deleting',
  'deleted',
  'updating',
  'error_deleting',
  'unmanaging',
  'backing-up',
  'restoring',
] as const;

export const qosConsumer = ['back-end', 'front-end', 'both'] as const;
