/** A small connection pool: connections to a server are made when needed, and kept. */
import { ContextClosed } from '../../../errors/index.ts';
import type { ServerSession } from './server-driver.ts';

/** As in SQLAlchemy. A core writes one transaction at a time; the other connections are for reads. */
export const poolSize = 5;

/** Milliseconds that a server has to end an idle connection; nothing on it is left to be answered. */
const patience = 1000;

export class SessionPool {
  readonly #connect: () => Promise<ServerSession>;
  readonly #idle: ServerSession[] = [];
  readonly #waiting: (() => void)[] = [];
  #inUse = 0;
  #closed = false;

  constructor(connect: () => Promise<ServerSession>) {
    this.#connect = connect;
  }

  /** A connection for the caller alone until it is given back. Rejects when connecting fails. */
  async acquire(): Promise<ServerSession> {
    this.#refuseClosed();
    while (this.#inUse >= poolSize) {
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
      this.#freeSlot();
      throw error;
    }
  }

  /** Takes a connection back; discards one that has ended. */
  release(session: ServerSession): void {
    if (session.isUsable && !this.#closed) {
      session.keepAlive(false);
      this.#idle.push(session);
    } else session.destroy();
    this.#freeSlot();
  }

  /** Ends the idle connections: when one connection is lost, the others most likely are too. */
  evictIdle(): void {
    for (const session of this.#idle.splice(0)) session.destroy();
  }

  async close(): Promise<void> {
    this.#closed = true;
    // Waiting callers are refused: no new connection is made for them.
    for (const refuse of this.#waiting.splice(0)) refuse();
    const ending = this.#idle.splice(0).map((session) => {
      // An idle connection does not keep the process alive, which could exit in the middle of this call.
      session.keepAlive(true);
      return end(session);
    });
    await Promise.allSettled(ending);
  }

  #refuseClosed(): void {
    if (this.#closed) throw new ContextClosed('The database was closed.');
  }

  #freeSlot(): void {
    this.#inUse--;
    this.#waiting.shift()?.();
  }
}

/** Ends a connection in an orderly way; cuts it if the server does not answer. */
async function end(session: ServerSession): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patience);
  });
  try {
    await Promise.race([session.close(), silence]);
  } finally {
    clearTimeout(timer);
    session.destroy();
  }
}
