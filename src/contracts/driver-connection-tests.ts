/** What every volume driver must do to connect volumes to hosts. */
import { assert, assertEqual } from './assertions.ts';
import type { DriverTest } from './volume-driver-contract.ts';

export const connectionTests: readonly DriverTest[] = [
  [
    'a volume can be connected and disconnected, and its connection information is plain JSON',
    async (backend, { connector }) => {
      const volume = await backend.createVolume(1);
      await backend.validateConnector(connector);
      const connection = await volume.connect(connector);
      const { driver_volume_type, data } = connection.conn_info;
      assert(typeof driver_volume_type === 'string' && driver_volume_type !== '', 'a connection names its protocol');
      assertEqual(JSON.parse(JSON.stringify(data)), data);
      assertEqual(volume.status, 'in-use');
      await volume.disconnect(connection);
      assertEqual([volume.status, connection.connected], ['available', false]);
      await volume.delete();
    },
  ],
  [
    'a volume can be reconnected, and connected to two hosts at once',
    async (backend, { connector }) => {
      const volume = await backend.createVolume(1, { multiattach: true });
      await volume.disconnect(await volume.connect(connector));
      const first = await volume.connect(connector);
      const second = await volume.connect({ ...connector, host: 'another' });
      await volume.disconnect(first);
      assertEqual([volume.status, second.connected], ['in-use', true]);
      await volume.disconnect(second);
      assertEqual(volume.status, 'available');
      await volume.delete();
    },
  ],
];
