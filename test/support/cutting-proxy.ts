/** A proxy between client and server that cuts the connection when the client is about to commit, or hangs. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Whether the next COMMIT is dropped or forwarded before the connection is cut; null to leave it alone. */
  #cut: 'before' | 'after' | null = null;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((client) => {
      const upstream = connect(target.port, target.host);
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
      }
      client.on('data', (data) => {
        // Does not match READ COMMITTED, which transactions begin with.
        const cut = /COMMIT(?!TED)/.test(data.toString('latin1')) ? this.#cut : null;
        if (cut !== 'before') upstream.write(data);
        if (cut === null) return;
        this.#cut = null;
        client.destroy();
        // By then the server has received the statement, and executes it whether or not the client is connected.
        setTimeout(() => upstream.destroy(), 200);
      });
      upstream.on('data', (data) => {
        if (!client.destroyed) client.write(data);
      });
      client.on('close', () => upstream.end());
      upstream.on('close', () => client.destroy());
    });
  }

  /** Starts a proxy for the server, and returns the server's URL by way of the proxy. */
  static async before(url: string): Promise<{ readonly proxy: CuttingProxy; readonly url: string }> {
    const { hostname, port } = new URL(url);
    const proxy = new CuttingProxy({ host: hostname, port: Number(port) });
    await new Promise<void>((resolve) => void proxy.#server.listen(0, '127.0.0.1', resolve));
    const address = proxy.#server.address();
    if (typeof address !== 'object' || address === null) throw new Error('The proxy has no port.');
    const through = new URL(url);
    through.port = String(address.port);
    return { proxy, url: through.href };
  }

  /** Cuts the connection at the next COMMIT, before or after the server has received it. */
  cutAtCommit(when: 'before' | 'after'): void {
    this.#cut = when;
  }

  /** From now on the server is silent: nothing passes, and no connection is closed. */
  hang(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
