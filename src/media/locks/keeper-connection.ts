/** A native connection in this process: `node:sqlite`. */
import { connectNatively, type NativeConnection } from '../../runtime.ts';
import { type NativeRunner, nativePatience } from './keeper.ts';

export class ConnectionRunner implements NativeRunner {
  readonly pid = null;
  readonly alive = true;
  readonly #connection: NativeConnection;

  private constructor(connection: NativeConnection) {
    this.#connection = connection;
    connection.exec(`PRAGMA busy_timeout=${nativePatience}`);
  }

  /** Null where the runtime has no SQLite of its own. */
  static start(path: string): ConnectionRunner | null {
    const connection = connectNatively(path);
    return connection === undefined ? null : new ConnectionRunner(connection);
  }

  async run(sql: string): Promise<string> {
    try {
      this.#connection.exec(sql);
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async close(): Promise<void> {
    this.#connection.close();
  }
}
