/** Stands between a client and a server, and cuts the line when the client is about to commit. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What becomes of the next COMMIT: it is passed on, or lost; after either nothing is heard any more. */
  #cut: 'before' | 'after' | null = null;

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((client) => {
      const upstream = connect(target.port, target.host);
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
      }
      client.on('data', (data) => {
        // Not at READ COMMITTED, with which transactions begin.
        const cut = /COMMIT(?!TED)/.test(data.toString('latin1')) ? this.#cut : null;
        if (cut !== 'before') upstream.write(data);
        if (cut === null) return;
        this.#cut = null;
        client.destroy();
        // The server has the statement by then, and does it whether or not anybody listens.
        setTimeout(() => upstream.destroy(), 200);
      });
      upstream.on('data', (data) => {
        if (!client.destroyed) client.write(data);
      });
      client.on('close', () => upstream.end());
      upstream.on('close', () => client.destroy());
    });
  }

  /** Gives the URL of a server as it is through the proxy. */
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

  /** Cuts the line at the next COMMIT, before or after the server has got it. */
  cutAtCommit(when: 'before' | 'after'): void {
    this.#cut = when;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
