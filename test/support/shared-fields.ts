/** The fields of a volume that concurrent processes write: each process one field, all in the same row. */
export const sharedFields = [
  'display_name',
  'display_description',
  'provider_location',
  'provider_id',
  'provider_auth',
  'availability_zone',
  'replication_driver_data',
  'provider_geometry',
] as const;

export type SharedField = (typeof sharedFields)[number];
