/**
 * One of several processes that write to one database: does as many things as it is told to objects of its own
 * and to some that all share, and says at the end what must be stored. `node write.mjs <URL> <options as JSON>`
 */
import { KeyValue, setup, type Volume } from 'cinderlib-wasm';
import { Operator } from '../../support/operator.ts';
import { Random } from '../../support/random.ts';
import { type SharedField, sharedFields } from '../../support/shared-fields.ts';

export interface WriteOptions {
  /** Which of the processes this is: it alone writes this field of the shared volumes. */
  readonly number: number;
  readonly steps: number;
  readonly seed: number;
  readonly shared: readonly string[];
  /** The text of a volume that all of them store at the same time. */
  readonly contested: readonly string[];
}

const [connection = '', text = ''] = process.argv.slice(2);
const { number, steps, seed, shared, contested } = JSON.parse(text) as WriteOptions;
const field: SharedField = sharedFields[number] ?? 'display_name';
const random = new Random(seed);

const cl = await setup({
  persistence_config: { storage: 'db', connection, busy_timeout: 60_000 },
  fail_on_missing_backend: false,
});
await cl.backend({ volume_backend_name: 'b', volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver' });
const volumes = await Promise.all(shared.map((id) => cl.Volume.getById(id)));
const [like] = await cl.persistence.getSnapshots();
const [volume] = volumes;
if (like === undefined || volume === undefined) throw new Error('There is no shared volume with a snapshot.');
const operator = new Operator(cl, `process ${number}`, random, like, volume);
/** By shared volume, what this process wrote into its field last, and every metadata that it wrote. */
const written: Record<string, string> = {};
const metadata: string[] = [];
const turns = Math.ceil(steps / Math.max(1, contested.length));

for (let step = 0; step < steps; step++) {
  if (step % turns === 0) {
    const dump = contested[step / turns];
    if (dump !== undefined) await cl.load(dump, { save: true });
  } else if (random.below(3) > 0) await operator.step();
  else await writeShared(random.pick(volumes as [Volume, ...Volume[]]), step);
}
await cl.persistence.setKeyValue(new KeyValue(`shared ${number}`, String(steps)));
console.log(JSON.stringify({ model: operator.model, written, metadata, counts: operator.counts }));
await cl.close();

async function writeShared(volume: Volume, step: number): Promise<void> {
  written[volume.id] = `${number} ${step}`;
  const changes: Record<string, unknown> = { [field]: written[volume.id] };
  if (step % 4 === 0) {
    changes['metadata'] = { process: String(number), step: String(step), [`only ${number}`]: 'x' };
    metadata.push(JSON.stringify(changes['metadata']));
  }
  Object.assign(volume, changes);
  await volume.save();
}
