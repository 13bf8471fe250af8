/** What happens to the own type of a deleted volume, and to its specs. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { VolumeChange } from '../../../src/rpc/contract.ts';
import { creation, LATER, openWriter, own, qos, type Writer, withType } from './writer.ts';

let writer: Writer;
beforeEach(async () => {
  writer = await openWriter();
});
const set = (change: VolumeChange) => writer.write({ kind: 'setVolume', change });
const type = (id = 'v') => writer.row('volume_types', id);
const extraSpecs = () => writer.rows('SELECT * FROM volume_type_extra_specs ORDER BY rowid');
const qosRows = () => writer.rows('SELECT * FROM quality_of_service_specs ORDER BY rowid');

describe('deleting a volume', () => {
  const remove = (id: string) => writer.write({ kind: 'deleteVolume', id });
  beforeEach(async () => {
    await set(withType('v', { extra_specs: [['a', '1']], ...qos('v', [['iops', '9']]) }));
    writer.rows(`INSERT INTO volume_type_projects (volume_type_id, project_id, deleted) VALUES ('v', 'p', 0)`);
    writer.rows(`INSERT INTO encryption (volume_type_id, encryption_id, deleted) VALUES ('v', 'e', 0)`);
    writer.now = LATER;
  });

  test('deletes its own type with all specs', async () => {
    await remove('v');
    expect(writer.rows('SELECT id FROM volume_types')).toEqual([{ id: writer.defaultTypeId }]);
    expect([...extraSpecs(), ...qosRows()]).toEqual([]);
    expect(writer.rows('SELECT id FROM volume_type_projects')).toEqual([]);
    expect(writer.rows('SELECT encryption_id FROM encryption')).toEqual([]);
  });

  test('marks its own type with all specs at the same instant, if deletes are soft', async () => {
    writer.softDeletes = true;
    await remove('v');
    const marked = { deleted: 1, deleted_at: LATER, updated_at: null };
    expect(type()).toMatchObject(marked);
    expect(extraSpecs()).toMatchObject([marked]);
    expect(qosRows()).toMatchObject([marked, marked, marked]);
    expect(writer.row('volumes', 'v')).toMatchObject(marked);
  });

  test.each([true, false])('keeps a type that another volume has (soft: %s)', async (soft) => {
    writer.softDeletes = soft;
    await set(creation('w', { volume_type_id: 'v' }));
    await remove('v');
    expect(type()).toMatchObject({ deleted: 0 });
    expect(extraSpecs()).toMatchObject([{ deleted: 0 }]);
    await remove('w');
    expect(type()?.['deleted']).toBe(soft ? 1 : undefined);
  });

  test('keeps QoS specs that another type has', async () => {
    await set({ ...creation('w', { volume_type_id: 'w' }), volume_type: own('w') });
    writer.rows(`UPDATE volume_types SET qos_specs_id = 'v' WHERE id = 'w'`);
    await remove('v');
    expect(qosRows()).toHaveLength(3);
    await remove('w');
    expect(qosRows()).toHaveLength(0);
  });

  test('deletes the QoS specs that the original left unlinked', async () => {
    writer.rows('UPDATE volume_types SET qos_specs_id = NULL');
    writer.rows(`UPDATE quality_of_service_specs SET specs_id = 'dangling' WHERE "key" = 'iops'`);
    await remove('v');
    expect(qosRows()).toMatchObject([{ specs_id: 'dangling' }]);
  });

  test('keeps the default type', async () => {
    await set(creation('w'));
    await remove('w');
    expect(type(writer.defaultTypeId)).toMatchObject({ deleted: 0 });
  });
});
