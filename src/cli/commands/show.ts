/** `show`: prints one object of any kind, with what belongs to it. */
import { type Dict, entriesOf, isDict, own } from '../../cinder/dict.ts';
import { VersionedObject } from '../../cinder/versioned-object.ts';
import { VolumeNotFound } from '../../errors/index.ts';
import { Connection } from '../../objects/connection.ts';
import type { PersistenceDriver, Storable } from '../../persistence/driver.ts';
import { readKeyValues } from '../../persistence/read-key-values.ts';
import { readConnections, readSnapshots, readVolumes } from '../../persistence/read-objects.ts';
import { toPrimitive } from '../../serialization/primitive.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { maskDumped } from '../mask.ts';
import type { Output, Row } from '../output.ts';
import { errorPrefix, type Fault, printError } from '../print-error.ts';
import { findObjects, type Named } from './find-objects.ts';

export async function show(output: Output, storage: PersistenceDriver, text: string): Promise<ExitCode> {
  if (await isShown(output, storage, text)) return exitCodes.done;
  const meant = await findObjects(storage, text);
  const [only] = meant;
  if (meant.length === 1 && only !== undefined && (await isShown(output, storage, only.id))) return exitCodes.done;
  const fault = meant.length > 1 ? ambiguous(text, meant) : notFound(text);
  await printError(output.terminal, fault, errorPrefix(output.terminal));
  return exitCodes.missing;
}

/** Shows the object with exactly that id or key; false if there is none. */
async function isShown(output: Output, storage: PersistenceDriver, id: string): Promise<boolean> {
  const resource = await find(storage, id);
  if (resource !== undefined) {
    const dump = await dumpOf(resource);
    if (output.json) await printThing(output, dump);
    else await output.printFields(fieldsOf(output, dump, resource));
    return true;
  }
  const [keyValue] = (await readKeyValues(storage, id)).filter(({ key }) => key === id);
  if (keyValue === undefined) return false;
  const { key, value } = keyValue;
  if (output.json) await printThing(output, { class: 'KeyValue', key, value });
  else await output.printFields({ class: 'KeyValue', key, value: output.maskedField(key, value) });
  return true;
}

/** Prints it as in a dump: if secrets were masked, it is marked so and cannot be loaded. */
function printThing(output: Output, thing: unknown): Promise<void> {
  return output.printJson(output.showSecrets ? thing : maskDumped(thing));
}

function notFound(text: string): Fault {
  const message = `No volume, snapshot, connection or key-value matches ${JSON.stringify(text)}.`;
  return { name: 'NotFound', code: 'NOT_FOUND', message };
}

/** The most candidates to list for an ambiguous text. */
const told = 10;

function ambiguous(text: string, meant: readonly Named[]): Fault {
  const lines = meant.slice(0, told).map(({ kind, id, name }) => `  ${kind} ${id}${name === null ? '' : ` (${name})`}`);
  const more = meant.length > told ? [`  and ${meant.length - told} more`] : [];
  const message = [`${JSON.stringify(text)} matches ${meant.length} objects:`, ...lines, ...more].join('\n');
  return { name: 'Ambiguous', code: 'AMBIGUOUS', message };
}

async function find(storage: PersistenceDriver, id: string): Promise<Storable | undefined> {
  if (id === '') return undefined;
  const [volume] = await readVolumes(storage, { volume_id: id });
  const [snapshot] = volume === undefined ? await readSnapshots(storage, { snapshot_id: id }) : [];
  if (volume !== undefined || snapshot !== undefined) return volume ?? snapshot;
  const [connection] = await readConnections(storage, { connection_id: id });
  return connection;
}

/** A dump; for a connection whose volume no longer exists, the backend is unknown. */
interface Shown {
  readonly class: string;
  readonly backend: Dict | null;
  readonly ovo: Dict;
}

async function dumpOf(resource: Storable): Promise<Shown> {
  try {
    return await resource.dump();
  } catch (error) {
    if (!(resource instanceof Connection && error instanceof VolumeNotFound)) throw error;
    return { class: 'Connection', backend: null, ovo: toPrimitive(resource.ovo) };
  }
}

/** The fields that have a value; nested objects are represented by their ids or names. */
function fieldsOf(output: Output, dump: Shown, { ovo }: Storable): Row {
  const fields: Record<string, unknown> = { class: dump.class };
  if (dump.backend !== null) fields['backend'] = own(dump.backend, 'volume_backend_name');
  for (const { name } of ovo.model.fields) {
    const value = ovo.get(name);
    if (value === null || value === undefined || isEmptyDict(value)) continue;
    if (value instanceof VersionedObject) Object.assign(fields, inside(output, name, value));
    else fields[name] = output.maskedField(name, value);
  }
  return fields;
}

function inside(output: Output, name: string, object: VersionedObject): Row {
  const objects = object.get('objects');
  if (Array.isArray(objects)) {
    const ids = objects.map((each: VersionedObject) => String(each.get('id')));
    return ids.length === 0 ? {} : { [name]: ids.join(' ') };
  }
  if (name !== 'volume_type') return { [name]: object.get('id') };
  const qos = object.child('qos_specs');
  return {
    volume_type: object.get('name'),
    ...specs(output, 'extra_specs', object.get('extra_specs')),
    ...(qos === null ? {} : { qos_consumer: qos.get('consumer'), ...specs(output, 'qos_specs', qos.get('specs')) }),
  };
}

function specs(output: Output, name: string, value: unknown): Row {
  return isDict(value) && entriesOf(value).length > 0 ? { [name]: output.masked(value) } : {};
}

function isEmptyDict(value: unknown): boolean {
  return isDict(value) && Object.keys(value).length === 0;
}
