/** A volume attachment, which this library calls a connection: table `volume_attachment`. */
import { volumeAttachStatus } from './enums.ts';
import { listModel, objectModel } from './object-model.ts';

export const volumeAttachmentModel = /* @__PURE__ */ objectModel('VolumeAttachment', '1.3', [
  ['id', 'uuid', { nullable: false }],
  ['volume_id', 'uuid', { nullable: false }],
  ['instance_uuid', 'uuid'],
  ['attached_host', 'string'],
  ['mountpoint', 'string'],
  ['attach_time', 'datetime'],
  ['detach_time', 'datetime'],
  ['attach_status', { enum: volumeAttachStatus }],
  ['attach_mode', 'string'],
  ['volume', { object: 'Volume' }, { nullable: false, column: false }],
  ['connection_info', 'dictOfAnything'],
  ['connector', 'dictOfAnything'],
  ['created_at', 'datetime'],
  ['updated_at', 'datetime'],
  ['deleted_at', 'datetime'],
  ['deleted', 'boolean', { default: false }],
]);

export const volumeAttachmentListModel = /* @__PURE__ */ listModel('VolumeAttachment', '1.1');
