/** What `disconnect()` relies on: the stored connections, and the connector that each was made with. */
import { describe, expect, test } from 'vitest';
import { useContexts } from '../../support/use-contexts.ts';

const start = useContexts();

describe('disconnect()', () => {
  test.each(['memory', 'memory_db'])("sets the volume's status by the stored connections, on %s", async (storage) => {
    const { cl, backend } = await start(storage);
    const { id } = await backend.createVolume(1);
    const [one, other] = [await cl.Volume.getById(id), await cl.Volume.getById(id)];
    const [first, second] = [await one.connect({ host: 'h1' }), await other.connect({ host: 'h2' })];
    await one.disconnect(first);
    expect((await cl.Volume.getById(id)).status).toBe('in-use');
    await (await cl.Connection.getById(second.id)).disconnect();
    expect((await cl.Volume.getById(id)).status).toBe('available');
  });

  test('makes the volume available if its other connections were ended through another object', async () => {
    const { cl, backend } = await start('memory_db');
    const volume = await backend.createVolume(1);
    const [first, second] = [await volume.connect({ host: 'h1' }), await volume.connect({ host: 'h2' })];
    await (await cl.Connection.getById(second.id)).disconnect();
    await volume.disconnect(first);
    expect((await cl.Volume.getById(volume.id)).status).toBe('available');
  });
});

describe('the connector that the driver gets on disconnect', () => {
  const host = { host: 'node-1' };

  // What Python's cinderlib passed to a driver for these dumps; without a host in `connection_info` it passed None.
  test.each<[string, Record<string, unknown>, string]>([
    ['absent', {}, '1.2'],
    ['null', { connector: null }, '1.3'],
    ['another one', { connector: { host: 'other' } }, '1.3'],
  ])('is the one in connection_info if the field is %s', async (_, field, version) => {
    const { cl, backend } = await start('memory');
    const volume = await backend.createVolume(1);
    const dump = (await volume.connect(host)).json();
    const { connector, ...data } = dump.ovo['versioned_object.data'] as Record<string, unknown>;
    expect(connector).toEqual(host);
    const ovo = { ...dump.ovo, 'versioned_object.version': version, 'versioned_object.data': { ...data, ...field } };
    const given: unknown[] = [];
    backend.driver.terminateConnection = async (_volume, connectedHost) => {
      given.push(connectedHost);
    };
    const loaded = await cl.load({ ...dump, ovo });
    if (!('conn_info' in loaded)) return expect.unreachable('a connection should have been loaded');
    await loaded.disconnect();
    expect(given).toEqual([host]);
  });
});
