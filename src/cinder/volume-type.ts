/** A volume type: table `volume_types`, with its extra specs and QoS specs. */
import { listModel, objectModel } from './object-model.ts';

/** The name of the type of all volumes without one of their own, which every database has. */
export const DEFAULT_TYPE = '__DEFAULT__';

export const volumeTypeModel = /* @__PURE__ */ objectModel('VolumeType', '1.3', [
  ['id', 'uuid', { nullable: false }],
  ['name', 'string'],
  ['description', 'string'],
  ['is_public', 'boolean', { default: true }],
  ['projects', 'strings', { column: false }],
  ['extra_specs', 'dictOfNullableStrings', { column: false }],
  ['qos_specs_id', 'uuid'],
  ['qos_specs', { object: 'QualityOfServiceSpecs' }, { column: false }],
  ['created_at', 'datetime'],
  ['updated_at', 'datetime'],
  ['deleted_at', 'datetime'],
  ['deleted', 'boolean', { default: false }],
]);

export const volumeTypeListModel = /* @__PURE__ */ listModel('VolumeType', '1.1');
