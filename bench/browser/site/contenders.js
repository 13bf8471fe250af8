/**
 * The contenders, run against each other in one page: each opens a database, saves a volume of it repeatedly, and
 * closes.
 */
import { setup } from '/dist/index.js';

async function bytesOf(file) {
  return file === undefined ? undefined : new Uint8Array(await (await fetch(`/data/${file}`)).arrayBuffer());
}

class Ours {
  constructor(medium) {
    this.medium = medium;
  }

  async open(name, file) {
    const from = await bytesOf(file);
    const startedAt = performance.now();
    this.cl = await setup({
      persistence_config: {
        storage: 'db',
        connection: `sqlite:///${name}`,
        medium: this.medium,
        ...(from && { from }),
      },
      fail_on_missing_backend: false,
    });
    this.volumes = await this.cl.persistence.getVolumes();
    return performance.now() - startedAt;
  }

  save(n) {
    const volume = this.volumes[n % this.volumes.length];
    volume.display_name = `saved ${n}`;
    return volume.save();
  }

  close() {
    return this.cl.close();
  }
}

/** A worker that answers one call at a time. */
class Peer {
  constructor(script, options = {}) {
    this.script = script;
    this.options = options;
  }

  call(call, parameters = {}) {
    return new Promise((resolve, reject) => {
      this.worker.onmessage = ({ data: { value, error } }) =>
        error === undefined ? resolve(value) : reject(new Error(error));
      this.worker.postMessage({ call, ...parameters });
    });
  }

  async open(name, file) {
    const bytes = await bytesOf(file);
    const startedAt = performance.now();
    const isModule = this.script.includes('sahpool');
    this.worker = new Worker(this.script, isModule ? { type: 'module' } : {});
    this.ids = await this.call('open', { name, bytes, ...this.options });
    return performance.now() - startedAt;
  }

  save(n) {
    return this.call('save', { id: this.ids[n % this.ids.length], name: `saved ${n}` });
  }

  async close() {
    await this.call('close');
    this.worker.terminate();
  }
}

const contenders = {
  indexeddb: () => new Ours('indexeddb'),
  opfs: () => new Ours('opfs'),
  'sahpool delete': () => new Peer('/site/sahpool.js', { journal: 'delete' }),
  'sahpool wal': () => new Peer('/site/sahpool.js', { journal: 'wal' }),
  naive: () => new Peer('/site/naive.js'),
};

/**
 * Lets the contenders save in turns, so that other load on the machine affects all of them alike.
 *
 * @param entries the contenders, each with its database, the file to create that from, and its number of saves per turn
 * @returns saves per second in each turn, by contender
 */
globalThis.compete = async (entries, turns) => {
  const running = [];
  for (const { contender, name, file, count } of entries) {
    const one = contenders[contender]();
    await one.open(name, file);
    running.push({ one, count, rates: [] });
  }
  let n = 0;
  for (let turn = 0; turn <= turns; turn++) {
    // Whoever comes first in a turn is a little slower, so the order alternates.
    for (const { one, count, rates } of turn % 2 === 0 ? running : running.toReversed()) {
      const startedAt = performance.now();
      for (let done = 0; done < count; done++) await one.save(n++);
      // The first turn does not count.
      if (turn > 0) rates.push((count * 1000) / (performance.now() - startedAt));
    }
  }
  for (const { one } of running) await one.close();
  return running.map(({ rates }) => rates);
};

/** Milliseconds until an existing database has been opened and its volumes listed. */
globalThis.openCold = async (contender, name) => {
  const one = contenders[contender]();
  const milliseconds = await one.open(name);
  await one.close();
  return milliseconds;
};
