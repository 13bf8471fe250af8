/** Reads the whole content of a database, one text per object, to compare it with what should be there. */
import type { Cinderlib, Snapshot, Volume } from 'cinderlib-wasm';

type Words = Readonly<Record<string, string | null>>;

interface VolumeContent {
  readonly name: string | null;
  readonly metadata: Words;
  readonly extra_specs?: Words;
  readonly qos_specs?: Words;
}

/** The content of a volume, across several tables: a half-stored volume gives a different text. */
export function volumeText({ name, metadata, extra_specs = {}, qos_specs = {} }: VolumeContent): string {
  return JSON.stringify([name, sorted(metadata), sorted(extra_specs), sorted(qos_specs)]);
}

export function snapshotText(volumeId: string | null, name: string | null, metadata: Words): string {
  return JSON.stringify([volumeId, name, sorted(metadata)]);
}

/** The content of each object, by its name, such as `volume <id>` or `key <key>`. */
export async function contentsOf(cl: Cinderlib): Promise<Map<string, string>> {
  const contents = new Map<string, string>();
  for (const volume of await cl.persistence.getVolumes()) contents.set(`volume ${volume.id}`, textOfVolume(volume));
  for (const snapshot of await cl.persistence.getSnapshots()) {
    contents.set(`snapshot ${snapshot.id}`, textOfSnapshot(snapshot));
  }
  for (const { key, value } of await cl.persistence.getKeyValues()) contents.set(`key ${key}`, value ?? '');
  return contents;
}

function textOfVolume({ name, metadata, volume_type }: Volume): string {
  return volumeText({
    name,
    metadata: words(metadata),
    extra_specs: words(volume_type?.extra_specs),
    qos_specs: words(volume_type?.qos_specs?.specs),
  });
}

function textOfSnapshot({ volume_id, name, metadata }: Snapshot): string {
  return snapshotText(volume_id, name, words(metadata));
}

/** Cinder's dictionary fields, which are null if nothing was ever stored. */
function words(field: unknown): Words {
  return { ...(field as Words | null | undefined) };
}

function sorted(content: Words): [name: string, text: string | null][] {
  return Object.entries(content).sort(([one], [other]) => (one < other ? -1 : 1));
}
