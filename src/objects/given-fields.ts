/** What callers may pass to create an object: its fields, and shorthands that stand for several fields. */
import type { ConnectionFields, SnapshotFields, VolumeFields } from './fields.ts';

/** Some of the fields. An undefined field counts as absent. */
type Some<F> = { readonly [K in keyof F]?: F[K] | undefined };

/** Short names for fields. */
interface DisplayNames {
  /** Short for `display_name`. */
  readonly name?: string | null | undefined;
  /** Short for `display_description`. */
  readonly description?: string | null | undefined;
}

/** Specs by key. */
type Specs = Readonly<Record<string, string>> | null | undefined;

/** The fields of a new volume, of a clone, or of a volume created from a snapshot. */
export interface NewVolumeFields extends Some<VolumeFields>, DisplayNames {
  /** The pool of the backend to create the volume in. Default: the source volume's pool, else the backend's first. */
  readonly pool_name?: string | null | undefined;
  /** Extra specs; the volume gets a volume type of its own for them. */
  readonly extra_specs?: Specs;
  /** QoS specs; the volume gets a volume type of its own for them. */
  readonly qos_specs?: Specs;
}

/** The fields of a new snapshot; those that name its volume and backend are not for the caller to choose. */
export interface NewSnapshotFields
  extends Some<Omit<SnapshotFields, 'volume_id' | 'volume_size' | 'volume_type_id' | 'progress'>>,
    DisplayNames {}

/** The fields of a new connection. */
export interface NewConnectionFields
  extends Some<Omit<ConnectionFields, 'volume_id' | 'connector' | 'connection_info'>> {
  /** Whether the host is to use multiple paths. Default: derived from the host's properties or the driver's answer. */
  readonly use_multipath?: boolean | undefined;
}
