/** Reports of LVM, as lvm2 2.03.16 printed them. */
import { describe, expect, it } from 'vitest';
import { readGroupSize, readLogicalVolumes } from '../../../src/drivers/lvm/report.ts';
import { VolumeBackendAPIException } from '../../../src/errors/index.ts';

const lvs = `
  {
      "report": [
          {
              "lv": [
                  {"lv_name":"_snap", "lv_size":"8388608", "origin":"volume-1", "pool_lv":"", "lv_active":"active", "lv_device_open":"", "lv_snapshot_invalid":"snapshot invalid", "data_percent":"100.00"},
                  {"lv_name":"pool", "lv_size":"1073741824", "origin":"", "pool_lv":"", "lv_active":"active", "lv_device_open":"open", "lv_snapshot_invalid":"unknown", "data_percent":"12.50"},
                  {"lv_name":"thin", "lv_size":"1073741824", "origin":"", "pool_lv":"pool", "lv_active":"", "lv_device_open":"", "lv_snapshot_invalid":"unknown", "data_percent":""}
              ]
          }
      ]
  }
`;

describe('the reports of LVM', () => {
  it('are parsed by field, with sizes in bytes', () => {
    const common = { origin: null, pool: null, isActive: true, isOpen: false, isLost: false, usedPercent: 0 };
    expect([...readLogicalVolumes(lvs).values()]).toStrictEqual([
      { ...common, name: '_snap', bytes: 8_388_608, origin: 'volume-1', isLost: true, usedPercent: 100 },
      { ...common, name: 'pool', bytes: 1_073_741_824, isOpen: true, usedPercent: 12.5 },
      { ...common, name: 'thin', bytes: 1_073_741_824, pool: 'pool', isActive: false },
    ]);
  });

  it('give the size of a group, and null without one', () => {
    const vgs =
      '{"report":[{"vg":[{"vg_name":"g", "vg_size":"6438256640", "vg_free":"2134900736", "vg_extent_size":"4194304"}]}]}';
    expect(readGroupSize(vgs)).toStrictEqual({ bytes: 6_438_256_640, free: 2_134_900_736, extent: 4_194_304 });
    expect(readGroupSize('{"report":[{"vg":[]}]}')).toBeNull();
  });

  it.each(['', 'Segmentation fault', '{}', '{"report":[]}', '{"report":[{"vg":[]}]}', 'null'])(
    'are refused if they are %o',
    (text) => {
      expect(() => readLogicalVolumes(text)).toThrow(VolumeBackendAPIException);
    },
  );
});
