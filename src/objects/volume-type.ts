/** A volume's type and its QoS specs, as properties of the volume. */
import { qosSpecsModel } from '../cinder/qos-specs.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { volumeTypeModel } from '../cinder/volume-type.ts';
import type { QosSpecsFields, VolumeTypeFields } from './fields.ts';
import { FieldHolder, withFields } from './with-fields.ts';

/** A holder whose object never changes. */
abstract class FixedHolder extends FieldHolder {
  readonly #ovo: VersionedObject;

  constructor(ovo: VersionedObject) {
    super();
    this.#ovo = ovo;
  }

  get ovo(): VersionedObject {
    return this.#ovo;
  }
}

export class QosSpecs extends withFields<QosSpecsFields, FixedHolder, [VersionedObject]>(FixedHolder, qosSpecsModel) {}

export class VolumeType extends withFields<VolumeTypeFields, FixedHolder, [VersionedObject]>(
  FixedHolder,
  volumeTypeModel,
) {
  /** The QoS specs; null when the type has none. */
  get qos_specs(): QosSpecs | null {
    const ovo = this.ovo.child('qos_specs');
    return ovo === null ? null : new QosSpecs(ovo);
  }
}
