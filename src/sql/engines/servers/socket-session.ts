/** What the connections of both packages have in common: a socket, which the other end may close. */

/** The parts of a socket that are used. */
type Stream = Pick<import('node:net').Socket, 'destroy' | 'ref' | 'unref'>;

/** The parts of a package's connection that are used here. Its types do not show where its socket is. */
interface Emitter {
  on(event: 'error' | 'end', listener: () => void): unknown;
}

export class SocketSession {
  readonly #stream: () => Stream | undefined;
  #ended = false;

  constructor(connection: Emitter) {
    this.#stream = () => (connection as { readonly connection?: { readonly stream?: Stream } }).connection?.stream;
    const end = (): void => {
      this.#ended = true;
    };
    // Without a listener an idle connection that is lost would end the process.
    connection.on('error', end);
    connection.on('end', end);
  }

  get isUsable(): boolean {
    return !this.#ended;
  }

  keepAlive(keep: boolean): void {
    if (keep) this.#stream()?.ref();
    else this.#stream()?.unref();
  }

  destroy(): void {
    this.#ended = true;
    this.#stream()?.destroy();
  }
}
