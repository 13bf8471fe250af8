/** The type of a volume and its QoS specs. */
import { refuseAssignments, refuseNewProperties } from '../assignments.ts';
import { qosSpecsModel } from '../cinder/qos-specs.ts';
import { VersionedObject } from '../cinder/versioned-object.ts';
import { volumeTypeModel } from '../cinder/volume-type.ts';
import type { QosSpecsFields, VolumeTypeFields } from './fields.ts';
import { refuseNew } from './refuse-new.ts';
import { FieldHolder, withFields } from './with-fields.ts';

/** A holder whose object is never replaced. */
abstract class FixedHolder extends FieldHolder {
  readonly #ovo: VersionedObject;

  constructor(ovo: VersionedObject) {
    super();
    refuseNew(VersionedObject.is(ovo));
    this.#ovo = ovo;
  }

  static {
    refuseAssignments('volume type', FixedHolder);
  }

  override get ovo(): VersionedObject {
    return this.#ovo;
  }

  /** The id by which a volume refers to its type, or a type to its QoS specs. */
  get id(): string {
    return String(this.#ovo.get('id') ?? '');
  }
}

/**
 * QoS specs of a volume type: a row of Cinder's table `quality_of_service_specs`, with one more row for each key.
 * Assignments are stored by `save()` of the volume.
 */
export class QosSpecs extends withFields<QosSpecsFields, FixedHolder, [VersionedObject]>(FixedHolder, qosSpecsModel) {
  constructor(ovo: VersionedObject) {
    super(ovo);
    refuseNewProperties(this, QosSpecs, new.target);
  }
}

/**
 * The type of a volume: a row of Cinder's table `volume_types`, with its extra specs. Assignments are stored by
 * `save()` of the volume.
 */
export class VolumeType extends withFields<VolumeTypeFields, FixedHolder, [VersionedObject]>(
  FixedHolder,
  volumeTypeModel,
) {
  static {
    refuseAssignments('volume type', VolumeType);
  }

  constructor(ovo: VersionedObject) {
    super(ovo);
    refuseNewProperties(this, VolumeType, new.target);
  }

  /** The QoS specs; null if the type has none. */
  get qos_specs(): QosSpecs | null {
    const ovo = this.ovo.child('qos_specs');
    return ovo === null ? null : new QosSpecs(ovo);
  }
}
