/** The classes of versioned objects that this library knows, by their name in dumps. */
import type { ObjectModel } from './object-model.ts';
import { qosSpecsListModel, qosSpecsModel } from './qos-specs.ts';
import { snapshotListModel, snapshotModel } from './snapshot.ts';
import { volumeListModel, volumeModel } from './volume.ts';
import { volumeAttachmentListModel, volumeAttachmentModel } from './volume-attachment.ts';
import { volumeTypeListModel, volumeTypeModel } from './volume-type.ts';

const models: ReadonlyMap<string, ObjectModel> = /* @__PURE__ */ new Map(
  [
    volumeModel,
    volumeListModel,
    volumeTypeModel,
    volumeTypeListModel,
    qosSpecsModel,
    qosSpecsListModel,
    snapshotModel,
    snapshotListModel,
    volumeAttachmentModel,
    volumeAttachmentListModel,
  ].map((model) => [model.name, model]),
);

/** The model of that name; undefined for classes that cinderlib's dumps never contain, such as `Group`. */
export function modelNamed(name: string): ObjectModel | undefined {
  return models.get(name);
}
