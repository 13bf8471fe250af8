/** What callers may give for something new: its fields, and what stands for several of them. */
import type { ConnectionFields, SnapshotFields, VolumeFields } from './fields.ts';

/** Some of the fields. A field that is undefined counts as left out. */
type Some<F> = { readonly [K in keyof F]?: F[K] | undefined };

/** Names that people use for a field. */
interface DisplayNames {
  /** `display_name`. */
  readonly name?: string | null | undefined;
  /** `display_description`. */
  readonly description?: string | null | undefined;
}

/** Keys and their texts. */
type Specs = Readonly<Record<string, string>> | null | undefined;

/** What a volume, a clone, or the volume of a snapshot can be made with. */
export interface NewVolumeFields extends Some<VolumeFields>, DisplayNames {
  /** The pool of the backend that it is made in; the first one unless given, or that of its source. */
  readonly pool_name?: string | undefined;
  /** Extra specs of a volume type of its own. */
  readonly extra_specs?: Specs;
  /** QoS specs of a volume type of its own. */
  readonly qos_specs?: Specs;
}

/** What a snapshot can be made with. */
export interface NewSnapshotFields extends Some<SnapshotFields>, DisplayNames {}

/** What a connection can be made with. */
export interface NewConnectionFields extends Some<ConnectionFields> {
  /** Whether the host is to reach the volume by several paths; decided by the driver's answer unless given. */
  readonly use_multipath?: boolean | undefined;
}
