/**
 * A driver without a storage, for tests, for examples, and for metadata of a storage that is out of reach. It returns
 * and throws what it is told to, and logs all calls.
 */
import type { Dict } from '../cinder/dict.ts';
import { InvalidOption } from '../errors/index.ts';
import { shown } from '../shown.ts';
import type { DriverSnapshot, DriverVolume } from './driver-objects.ts';
import {
  type ConnectionInfo,
  type DriverConnector,
  type DriverContext,
  type DriverParameters,
  type ModelUpdate,
  VolumeDriver,
} from './volume-driver.ts';

/** The methods of a driver. Each can be told what to return or throw. */
export type FakeMethod = {
  [K in keyof VolumeDriver]: VolumeDriver[K] extends (...args: never[]) => unknown ? K : never;
}[keyof VolumeDriver];

/** A logged call, in which volumes and snapshots are replaced by their ids. */
export interface FakeCall {
  /** The method that was called. */
  readonly method: FakeMethod;
  /** The arguments, copied at the time of the call. */
  readonly args: readonly unknown[];
}

interface Failure {
  readonly error: unknown;
  left: number;
}

const capacity = { total_capacity_gb: 'infinite', free_capacity_gb: 'infinite' } as const;

/**
 * A driver without a storage, which logs all calls and returns or throws what it is told to. The option `pools` lists
 * the names of its pools; by default it has one, named after the backend.
 */
export class FakeLoggingVolumeDriver extends VolumeDriver {
  /** All calls so far, oldest first. */
  readonly calls: FakeCall[] = [];
  readonly #pools: readonly string[];
  readonly #answers = new Map<FakeMethod, unknown>();
  readonly #failures = new Map<FakeMethod, Failure>();

  constructor(parameters: DriverParameters) {
    super(parameters);
    this.#pools = poolNames(parameters.configuration['pools']);
  }

  /** From now on, the method returns this value, or if it is a function, its result for the method's arguments. */
  answer(method: FakeMethod, value: unknown): void {
    checkMethod(method);
    this.#answers.set(method, value);
  }

  /** From now on, the method throws this error, `times` times (default: always). Null ends it. */
  fail(method: FakeMethod, error: unknown, { times = Number.POSITIVE_INFINITY }: { times?: number } = {}): void {
    checkMethod(method);
    if (error === null) this.#failures.delete(method);
    else this.#failures.set(method, { error, left: times });
  }

  override doSetup(context: DriverContext): Promise<void> {
    return this.#respond('doSetup', [context]);
  }

  override checkForSetupError(): Promise<void> {
    return this.#respond('checkForSetupError', []);
  }

  override async initCapabilities(): Promise<void> {
    await this.#respond('initCapabilities', []);
    await super.initCapabilities();
  }

  override setThrottle(): Promise<void> {
    return this.#respond('setThrottle', []);
  }

  override async setInitialized(): Promise<void> {
    await this.#respond('setInitialized', []);
    await super.setInitialized();
  }

  override getVolumeStats(options: { readonly refresh: boolean }): Promise<Dict | null> {
    return this.#respond('getVolumeStats', [options], this.#stats());
  }

  override createVolume(volume: DriverVolume): Promise<ModelUpdate> {
    return this.#respond('createVolume', [volume]);
  }

  override deleteVolume(volume: DriverVolume): Promise<ModelUpdate> {
    return this.#respond('deleteVolume', [volume]);
  }

  override extendVolume(volume: DriverVolume, newSize: number): Promise<ModelUpdate> {
    return this.#respond('extendVolume', [volume, newSize]);
  }

  override createClonedVolume(volume: DriverVolume, source: DriverVolume): Promise<ModelUpdate> {
    return this.#respond('createClonedVolume', [volume, source]);
  }

  override createVolumeFromSnapshot(volume: DriverVolume, snapshot: DriverSnapshot): Promise<ModelUpdate> {
    return this.#respond('createVolumeFromSnapshot', [volume, snapshot]);
  }

  override createSnapshot(snapshot: DriverSnapshot): Promise<ModelUpdate> {
    return this.#respond('createSnapshot', [snapshot]);
  }

  override deleteSnapshot(snapshot: DriverSnapshot): Promise<ModelUpdate> {
    return this.#respond('deleteSnapshot', [snapshot]);
  }

  override createExport(
    context: DriverContext,
    volume: DriverVolume,
    connector: DriverConnector,
  ): Promise<ModelUpdate> {
    return this.#respond('createExport', [context, volume, connector]);
  }

  override removeExport(context: DriverContext, volume: DriverVolume): Promise<ModelUpdate> {
    return this.#respond('removeExport', [context, volume]);
  }

  override initializeConnection(volume: DriverVolume, connector: DriverConnector): Promise<ConnectionInfo> {
    const answer = { driver_volume_type: 'fake', data: { target_discovered: false, volume_id: volume.id } };
    return this.#respond('initializeConnection', [volume, connector], answer);
  }

  override terminateConnection(
    volume: DriverVolume,
    connector: DriverConnector | null,
    options: { readonly force: boolean },
  ): Promise<ModelUpdate> {
    return this.#respond('terminateConnection', [volume, connector, options]);
  }

  override validateConnector(connector: DriverConnector): Promise<void> {
    return this.#respond('validateConnector', [connector]);
  }

  async #respond<T>(method: FakeMethod, args: readonly unknown[], otherwise: unknown = null): Promise<T> {
    this.calls.push({ method, args: args.map(summary) });
    const failure = this.#failures.get(method);
    if (failure !== undefined && failure.left > 0) {
      failure.left -= 1;
      throw failure.error;
    }
    const told = this.#answers.has(method) ? this.#answers.get(method) : otherwise;
    // Tests choose the answer, and may choose a wrong one on purpose.
    return (await (typeof told === 'function' ? told(...args) : told)) as T;
  }

  #stats(): Dict {
    const stats = {
      volume_backend_name: this.configuration['volume_backend_name'] ?? null,
      vendor_name: 'Open Source',
      driver_version: '1.0',
      storage_protocol: 'fake',
      ...capacity,
    };
    if (this.#pools.length === 0) return stats;
    return { ...stats, pools: this.#pools.map((pool_name) => ({ pool_name, ...capacity })) };
  }
}

/** A misspelt method would never be called. */
function checkMethod(method: FakeMethod): void {
  if (typeof method === 'string' && method in VolumeDriver.prototype) return;
  throw new InvalidOption(`A volume driver has no method ${shown(method)}.`);
}

function poolNames(option: unknown): readonly string[] {
  if (option === undefined || option === null) return [];
  if (Array.isArray(option) && option.every((name) => typeof name === 'string' && name !== '')) return [...option];
  throw new InvalidOption(`The option pools of the fake driver is a list of names, not ${shown(option)}.`);
}

/** What the log keeps of an argument: the id of a volume or snapshot, a copy of anything else. */
function summary(argument: unknown): unknown {
  if (typeof argument !== 'object' || argument === null) return argument;
  return 'id' in argument ? argument.id : { ...argument };
}
