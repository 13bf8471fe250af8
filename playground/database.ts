/** The database behind the page: all calls of the library, and nothing of the presentation. */
import { type Backend, type Change, type Cinderlib, type ContextInfo, setup, type Volume } from 'cinderlib-wasm';

export interface Choice {
  readonly database: string;
  readonly medium: 'indexeddb' | 'opfs';
  /** The initial content of a new database. */
  readonly from?: Blob;
}

export class Database {
  readonly choice: Choice;
  readonly #context: Cinderlib;
  readonly #backend: Backend;

  private constructor(choice: Choice, context: Cinderlib, backend: Backend) {
    this.choice = choice;
    this.#context = context;
    this.#backend = backend;
  }

  static async open(choice: Choice): Promise<Database> {
    const { database, medium, from } = choice;
    const connection = `sqlite:///${database}`;
    const context = await setup({
      persistence_config: { storage: 'db', connection, medium, ...(from && { from }) },
      // An imported database has volumes of backends that this page does not know.
      fail_on_missing_backend: false,
    });
    const backend = await context.backend({
      volume_backend_name: 'playground',
      volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver',
    });
    return new Database(choice, context, backend);
  }

  /** The newest volumes, at most that many. */
  async volumes(most: number): Promise<Volume[]> {
    const volumes: Volume[] = [];
    for await (const volume of this.#context.Volume.iterate()) {
      if (volumes.push(volume) >= most) break;
    }
    return volumes;
  }

  async add(name: string, size: number): Promise<void> {
    await this.#backend.createVolume(size, { name });
  }

  /** Deletes a volume; if its backend is not this page's own, only its metadata. */
  async delete(volume: Volume): Promise<void> {
    if (volume.host?.includes(`@${this.#backend.id}#`)) await volume.delete();
    else await this.#context.persistence.deleteVolume(volume);
  }

  info(): Promise<ContextInfo> {
    return this.#context.info();
  }

  changes(): AsyncIterable<Change> {
    return this.#context.changes();
  }

  file(): Promise<Blob> {
    return this.#context.exportDatabase();
  }

  close(): Promise<void> {
    return this.#context.close();
  }
}
