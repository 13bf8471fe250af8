/** Connections to a server: a few, made when they are needed, and kept. */
import { ContextClosed } from '../../errors/index.ts';
import type { ServerSession } from './server-driver.ts';

/** As SQLAlchemy. A core writes one transaction after the other; more than one are for reads. */
export const POOL_SIZE = 5;

export class SessionPool {
  readonly #connect: () => Promise<ServerSession>;
  readonly #idle: ServerSession[] = [];
  readonly #waiting: (() => void)[] = [];
  #inUse = 0;
  #closed = false;

  constructor(connect: () => Promise<ServerSession>) {
    this.#connect = connect;
  }

  /** A connection of one's own until it is given back. Fails as connecting fails. */
  async take(): Promise<ServerSession> {
    this.#refuseClosed();
    while (this.#inUse >= POOL_SIZE) {
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
      this.#refuseClosed();
    }
    this.#inUse++;
    try {
      for (let session = this.#idle.pop(); session !== undefined; session = this.#idle.pop()) {
        if (!session.isUsable) continue;
        session.keepAlive(true);
        return session;
      }
      return await this.#connect();
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /** Takes a connection back; one that has ended is forgotten. */
  give(session: ServerSession): void {
    if (session.isUsable && !this.#closed) {
      session.keepAlive(false);
      this.#idle.push(session);
    } else session.destroy();
    this.#leave();
  }

  /** Ends the connections that nobody uses: after the loss of one the others are lost too, most likely. */
  drop(): void {
    for (const session of this.#idle.splice(0)) session.destroy();
  }

  async close(): Promise<void> {
    this.#closed = true;
    // Nobody is to connect anew for the sake of those who wait.
    for (const refuse of this.#waiting.splice(0)) refuse();
    await Promise.allSettled(this.#idle.splice(0).map((session) => session.close()));
  }

  #refuseClosed(): void {
    if (this.#closed) throw new ContextClosed('The database was closed.');
  }

  #leave(): void {
    this.#inUse--;
    this.#waiting.shift()?.();
  }
}
