/** Reads the volume type of volumes that were given none. */
import { DEFAULT_TYPE } from '../../cinder/volume-type.ts';
import type { DefaultTypeRows } from '../../rpc/contract.ts';
import { equals, live } from '../condition.ts';
import { inOrder } from '../dialect.ts';
import type { SqlConnection } from '../engine.ts';
import { valuesOf } from '../rows.ts';
import { extraSpecs, volumeTypes } from '../schema/columns.ts';
import { listPairs } from './pairs.ts';

/** The live type named `__DEFAULT__`; no rows where there is none. */
export async function readDefaultType(connection: SqlConnection): Promise<DefaultTypeRows> {
  const sql = `SELECT ${volumeTypes.selected} FROM volume_types
    WHERE name = ? AND ${live.sql} ${inOrder(connection.dialect, volumeTypes)} LIMIT 1`;
  const volume_types = await connection.all(sql, [DEFAULT_TYPE]);
  const [id = null] = valuesOf(volume_types, 'id');
  const volume_type_extra_specs = await listPairs(connection, extraSpecs, equals('volume_type_id', id));
  return { volume_types, volume_type_extra_specs };
}
