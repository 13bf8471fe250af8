/**
 * Stores, changes and deletes objects until it is killed: says before each step what is to become of which
 * object, and after it that this was acknowledged. `node store.mjs <database> <options as JSON>`
 */
import { KeyValue, setup, type Volume } from 'cinderlib-wasm';
import { snapshotText, volumeText } from '../../support/contents.ts';
import { Random } from '../../support/random.ts';
import { loseSyncs } from './lose-syncs.ts';
import { say } from './say.ts';
import { slowDown } from './slow.ts';

export interface StoreOptions {
  readonly seed: number;
  readonly worker: boolean;
  /** How many steps are under way at once. */
  readonly together: number;
  /** After so many it closes the database. */
  readonly steps: number;
  /** The ending of the file's name whose syncs are to be lost: '' for the database itself. Only without a worker. */
  readonly lose?: string;
  /** Makes each write to a file take about a millisecond, so that a kill falls between two. Only without a worker. */
  readonly slow?: boolean;
}

const [path = '', text = ''] = process.argv.slice(2);
const options = JSON.parse(text) as StoreOptions;
const random = new Random(options.seed);
interface Stored {
  readonly volume: Volume;
  readonly specs: { readonly extra_specs?: Record<string, string>; readonly qos_specs?: Record<string, string> };
}

/** Volumes that are stored and that no step is using. */
const idle: Stored[] = [];

if (options.lose !== undefined) loseSyncs(path + options.lose);
if (options.slow) slowDown('writeSync', 2);
say({ phase: 'opening' });
const cl = await setup({
  persistence_config: { storage: 'db', connection: `sqlite:///${path}` },
  worker: options.worker,
  fail_on_missing_backend: false,
});
say({ phase: 'open' });
const backend = await cl.backend({
  volume_backend_name: 'b',
  volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
});

const underWay = new Set<Promise<void>>();
for (let step = 0; step < options.steps; step++) {
  const work = take(step).then(() => {
    underWay.delete(work);
    say({ step, done: true });
  });
  underWay.add(work);
  if (underWay.size >= options.together) await Promise.race(underWay);
}
await Promise.all(underWay);
say({ phase: 'closing' });
await cl.close();
say({ phase: 'closed' });

/** One step: a row, or rows of five tables that must come and go together. */
async function take(step: number): Promise<void> {
  const chosen = random.below(10);
  if (chosen < 4) return storeKey(step);
  const stored = chosen < 6 ? undefined : idle.shift();
  if (stored === undefined) return storeVolume(step);
  if (chosen < 7) return deleteVolume(step, stored);
  if (chosen < 9) return changeVolume(step, stored);
  return storeSnapshot(step, stored);
}

async function storeKey(step: number): Promise<void> {
  const key = `key ${random.below(30)}`;
  const object = `key ${key}`;
  if (random.below(5) === 0) {
    say({ step, object, content: null });
    return cl.persistence.deleteKeyValue(key);
  }
  // A long one takes pages of its own.
  const value = random.text(random.pick([5, 500, 30_000]));
  say({ step, object, content: value });
  return cl.persistence.setKeyValue(new KeyValue(key, value));
}

async function storeVolume(step: number): Promise<void> {
  const given = {
    id: crypto.randomUUID(),
    name: random.text(20),
    metadata: { step: String(step), text: random.text(random.below(200)), gone: random.text(9) },
  };
  const specs = random.below(2) === 0 ? {} : { extra_specs: { e: random.text(9) }, qos_specs: { q: random.text(9) } };
  say({ step, object: `volume ${given.id}`, content: volumeText({ ...given, ...specs }) });
  idle.push({ volume: await backend.createVolume(1, { ...given, ...specs }), specs });
}

async function changeVolume(step: number, { volume, specs }: Stored): Promise<void> {
  const name = random.text(30);
  const metadata = { step: String(step), more: random.text(random.below(2000)) };
  say({ step, object: `volume ${volume.id}`, content: volumeText({ name, metadata, ...specs }) });
  volume.name = name;
  volume.metadata = metadata;
  await volume.save();
  idle.push({ volume, specs });
}

/** The volume is left alone from then on: one with snapshots cannot be deleted. */
async function storeSnapshot(step: number, { volume }: Stored): Promise<void> {
  const given = { id: crypto.randomUUID(), name: random.text(20), metadata: { step: String(step) } };
  say({ step, object: `snapshot ${given.id}`, content: snapshotText(volume.id, given.name, given.metadata) });
  await volume.createSnapshot(given);
}

async function deleteVolume(step: number, { volume }: Stored): Promise<void> {
  say({ step, object: `volume ${volume.id}`, content: null });
  await volume.delete();
}
