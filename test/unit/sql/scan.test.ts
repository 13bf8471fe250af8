/** Scans for given ids: all that exist are found, or the scan fails. */
import { expect, test } from 'vitest';
import type { RowSet } from '../../../src/rpc/contract.ts';
import { scanSnapshots } from '../../../src/sql/read/snapshots.ts';
import { scanVolumes } from '../../../src/sql/read/volumes.ts';
import { creation, openWriter } from './writer.ts';

const idsOf = ({ columns, rows }: RowSet): unknown[] => rows.map((row) => row[columns.indexOf('id')]).sort();

test.each([1, 3, 1000, 1001, 16_383])(
  'scanVolumes() and scanSnapshots() find the stored ones of %i ids',
  async (count) => {
    const writer = await openWriter();
    const stored = ['0', '1', '2', '16382'];
    for (const id of stored) {
      await writer.write({ kind: 'setVolume', change: { ...creation(id), metadata: [['k', id]] } });
      await writer.write({ kind: 'setSnapshot', change: creation(`${id} s`, { volume_id: id }) });
    }
    const ids = Array.from({ length: count }, (_, number) => String(number));
    const wanted = stored.filter((id) => ids.includes(id)).sort();
    const { volumes, volume_metadata } = await scanVolumes(writer.engine, { ids });
    expect(idsOf(volumes)).toEqual(wanted);
    expect(volume_metadata.rows).toHaveLength(wanted.length);
    const { snapshots } = await scanSnapshots(writer.engine, { ids: ids.map((id) => `${id} s`) });
    expect(idsOf(snapshots)).toEqual(wanted.map((id) => `${id} s`));
  },
);

test('scanVolumes() and scanSnapshots() refuse more ids than a statement can hold', async () => {
  const { engine } = await openWriter();
  const ids = Array.from({ length: 16_384 }, (_, number) => String(number));
  await expect(scanVolumes(engine, { ids })).rejects.toMatchObject({ name: 'InvalidOption' });
  await expect(scanSnapshots(engine, { ids: [...ids, ...ids].slice(0, 16_383) })).resolves.toBeDefined();
});
