/** Replays operations that were recorded as data, on objects that are kept from one operation to the next. */
import {
  type Cinderlib,
  type Connection,
  type FakeLoggingVolumeDriver,
  KeyValue,
  type Snapshot,
  type Volume,
} from '../../src/index.ts';
import { parseJson } from '../../src/serialization/json-parser.ts';
import { compact, jsonText } from '../../src/serialization/json-text.ts';

type Values = Readonly<Record<string, unknown>>;

/** One operation. `held`: on the object used before, if there is one; otherwise on one that is read afresh. */
export interface Operation {
  readonly op: string;
  readonly held: boolean;
  readonly backend?: string;
  readonly vol?: string;
  readonly snap?: string;
  readonly conn?: string;
  readonly id?: string;
  readonly how?: 'dumps' | 'jsons' | 'simple';
  readonly size?: number;
  readonly key?: string;
  readonly value?: string | null;
  readonly fields?: Values;
  readonly set?: Values;
  readonly device?: Values;
  readonly connector?: Values;
  /** The driver's answers to the creation of a volume, an export and a connection. */
  readonly answer?: Values;
  readonly export?: Values;
  readonly init?: Values;
  /** Whether the driver fails. */
  readonly fail?: boolean;
}

type Resource = Volume | Snapshot | Connection;

const methods = ['createVolume', 'createSnapshot', 'extendVolume', 'deleteVolume'] as const;

export class OperationRunner {
  readonly #cl: Cinderlib;
  readonly #held = new Map<string, Resource>();

  constructor(cl: Cinderlib) {
    this.#cl = cl;
  }

  /** Runs one and returns the object that it was about; null for key-values. */
  async run(operation: Operation): Promise<Resource | null> {
    this.#tellDrivers(operation);
    const { op, key = '', value = null } = operation;
    if (op === 'kv') await this.#cl.persistence.setKeyValue(new KeyValue(key, value));
    else if (op === 'delkv') await this.#cl.persistence.deleteKeyValue(key);
    else return this.#keep(await this.#runOn(operation));
    return null;
  }

  async #runOn(operation: Operation): Promise<Resource> {
    const { op, backend = '', size = 0, conn = '', snap = '', vol = '' } = operation;
    // Each operation gets its own copy of the values, with the recorded kinds of numbers and order of keys.
    const fields = copy(operation.fields ?? {});
    switch (op) {
      case 'create':
        return existing(this.#cl.backends.get(backend)).createVolume(size, fields);
      case 'clone':
        return (await this.#volume(operation)).clone(fields);
      case 'snap':
        return (await this.#volume(operation)).createSnapshot(fields);
      case 'fromsnap':
        return (await this.#snapshot(operation)).createVolume(fields);
      case 'extend': {
        const volume = await this.#volume(operation);
        await volume.extend(size);
        return volume;
      }
      case 'connect':
        return (await this.#volume(operation)).connect(copy(operation.connector ?? {}), fields);
      case 'disconnect': {
        const connection = await this.#connection(operation);
        await connection.disconnect();
        this.#held.delete(`Connection ${conn}`);
        return connection;
      }
      case 'setvol':
        return saved(await this.#volume(operation), copy(operation.set ?? {}));
      case 'setsnap':
        return saved(await this.#snapshot(operation), copy(operation.set ?? {}));
      case 'setconn': {
        const connection = await this.#connection(operation);
        const { device } = operation;
        const info = copy(connection.connection_info ?? {});
        const attached = device === undefined ? {} : { connection_info: Object.assign(info, { device: copy(device) }) };
        return saved(connection, { ...copy(operation.set ?? {}), ...attached });
      }
      case 'delsnap': {
        const snapshot = await this.#snapshot(operation);
        await snapshot.delete();
        this.#held.delete(`Snapshot ${snap}`);
        return snapshot;
      }
      case 'delvol': {
        const volume = await this.#volume(operation);
        await volume.delete();
        this.#held.delete(`Volume ${vol}`);
        return volume;
      }
      case 'reload':
        return this.#reload(operation);
      default:
        throw new Error(`There is no operation ${op}.`);
    }
  }

  /** Loads and saves a dump of a volume, with its connections, under other ids. */
  async #reload(operation: Operation): Promise<Volume> {
    const { how, id = '' } = operation;
    const volume = await this.#volume(operation);
    const texts = { dumps: () => volume.dumps(), jsons: () => volume.jsons(), simple: () => volume.toJsons() };
    const text = await texts[existing(how)]();
    if (/"SnapshotList"[^[]*"objects":\[\{/.test(text)) throw new Error('has snapshots');
    let renamed = text;
    for (const { id: old } of await volume.connections()) {
      const short = Array.from(old).slice(0, 34).join('');
      renamed = renamed.replaceAll(jsonText(old, compact), jsonText(`${short}-r`, compact));
    }
    renamed = renamed.replaceAll(jsonText(volume.id, compact), jsonText(id, compact));
    const loaded = await this.#cl.load(renamed, { save: true });
    return loaded as Volume;
  }

  #tellDrivers({ fail = false, answer, init, export: exported }: Operation): void {
    for (const { driver } of this.#cl.backends.values()) {
      const fake = driver as FakeLoggingVolumeDriver;
      for (const method of methods) fake.fail(method, fail ? new Error('boom') : null);
      fake.answer('createVolume', copy(answer ?? null));
      fake.answer('createExport', copy(exported ?? null));
      fake.answer('initializeConnection', copy(init ?? null));
    }
  }

  #volume({ held, vol = '' }: Operation): Promise<Volume> {
    return this.#object('Volume', held, vol, () => this.#cl.Volume.getById(vol));
  }

  #snapshot({ held, snap = '' }: Operation): Promise<Snapshot> {
    return this.#object('Snapshot', held, snap, () => this.#cl.Snapshot.getById(snap));
  }

  #connection({ held, conn = '' }: Operation): Promise<Connection> {
    return this.#object('Connection', held, conn, () => this.#cl.Connection.getById(conn));
  }

  async #object<T extends Resource>(kind: string, held: boolean, id: string, read: () => Promise<T>): Promise<T> {
    const known = this.#held.get(`${kind} ${id}`);
    // The key begins with the class name, so the object has that class.
    if (held && known !== undefined) return known as T;
    const object = await read();
    this.#held.set(`${kind} ${id}`, object);
    return object;
  }

  #keep(object: Resource): Resource {
    const deleted = object.ovo.get('deleted') === true;
    if (!deleted) this.#held.set(`${object.constructor.name} ${object.id}`, object);
    return object;
  }
}

async function saved<T extends Resource>(object: T, values: Values): Promise<T> {
  Object.assign(object, values);
  await object.save();
  return object;
}

function copy<T>(value: T): T {
  return parseJson(jsonText(value, compact)) as T;
}

function existing<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The operation lacks something.');
  return value;
}
