/** QoS specs: table `quality_of_service_specs`, with one row for the specs and one for each of their keys. */
import { qosConsumer } from './enums.ts';
import { listModel, objectModel } from './object-model.ts';

export const qosSpecsModel = /* @__PURE__ */ objectModel('QualityOfServiceSpecs', '1.0', [
  ['id', 'uuid', { nullable: false }],
  ['name', 'string', { nullable: false, column: false }],
  ['consumer', { enum: qosConsumer }, { nullable: false, default: 'back-end', column: false }],
  ['specs', 'dictOfNullableStrings', { column: false }],
  ['volume_types', { object: 'VolumeTypeList' }, { column: false }],
  ['created_at', 'datetime'],
  ['updated_at', 'datetime'],
  ['deleted_at', 'datetime'],
  ['deleted', 'boolean', { default: false }],
]);

export const qosSpecsListModel = /* @__PURE__ */ listModel('QualityOfServiceSpecs', '1.0');
