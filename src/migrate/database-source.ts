/** Reads a database with Cinder's tables page by page, without creating public objects. */
import type { VersionedObject } from '../cinder/versioned-object.ts';
import type { DatabasePersistence } from '../persistence/database.ts';
import type { KeyValue } from '../persistence/key-value.ts';
import type { Examination, Scan } from '../rpc/contract.ts';
import { type Item, takenItem } from './item.ts';
import { type NotCarried, reasons, rowsLeftOut } from './report.ts';
import { pageSize, type Source } from './source.ts';

export class DatabaseSource implements Source {
  readonly #storage: DatabasePersistence;
  #examination: Examination | null = null;

  constructor(storage: DatabasePersistence) {
    this.#storage = storage;
  }

  get defaultType(): VersionedObject | null {
    return this.#storage.defaultType;
  }

  async count(): Promise<number> {
    const { tables } = await this.#examined();
    const counted = tables.filter(({ table }) => carriedTables.includes(table));
    return counted.reduce((sum, { live }) => sum + live, 0);
  }

  /** Connections are read together with their volumes. */
  async *items(): AsyncGenerator<readonly Item[], void, undefined> {
    for await (const volumes of scanned((scan) => this.#storage.scanVolumes(scan))) {
      const connections = volumes.flatMap((volume) => volume.children('volume_attachment'));
      yield [...volumes, ...connections].map(takenItem);
    }
    for await (const snapshots of scanned((scan) => this.#storage.scanSnapshots(scan))) yield snapshots.map(takenItem);
  }

  keyValues(): Promise<readonly KeyValue[]> {
    return this.#storage.getKeyValues();
  }

  state(): Promise<string> {
    return this.#storage.fingerprint();
  }

  async leftOut(): Promise<readonly NotCarried[]> {
    const { tables, findings } = await this.#examined();
    return [
      ...tables.flatMap(({ table, deleted }) => (deleted === 0 ? [] : [rowsLeftOut(table, deleted, reasons.deleted)])),
      ...tables.flatMap(({ table, foreign }) => (foreign === 0 ? [] : [rowsLeftOut(table, foreign, reasons.foreign)])),
      ...findings.flatMap(({ name, table, count, ids }): NotCarried[] => {
        const why = reasonOf[name];
        if (why === undefined) return [];
        const kind = objectsOf[table];
        return [kind === undefined ? rowsLeftOut(table, count, why) : { kind, field: null, count, ids, why }];
      }),
    ];
  }

  async #examined(): Promise<Examination> {
    this.#examination ??= await this.#storage.examine({ integrity: false });
    return this.#examination;
  }
}

const carriedTables = ['volumes', 'snapshots', 'volume_attachment', 'cinderlib_persistence_key_value'];

/** Findings that do not appear among the items; snapshots without a volume do. */
const reasonOf: Readonly<Record<string, string>> = {
  connection_without_volume: reasons.noVolume,
  orphan_type: reasons.unusedType,
  unused_type: reasons.unusedType,
  type_of_snapshots: 'only snapshots have this type: they keep its id',
  orphan_metadata: 'rows of something that no longer exists',
  unlinked_qos_specs: 'QoS specs that no volume type refers to',
  duplicate_metadata: 'rows that later ones with the same key override',
};

const objectsOf: Readonly<Record<string, string>> = { volume_attachment: 'connection', volume_types: 'volume type' };

async function* scanned(
  scan: (scan: Scan) => Promise<readonly VersionedObject[]>,
): AsyncGenerator<readonly VersionedObject[], void, undefined> {
  for (let after: string | null = null; ; ) {
    const page = await scan({ after, limit: pageSize });
    if (page.length > 0) yield page;
    if (page.length < pageSize) return;
    after = String(page.at(-1)?.get('id'));
  }
}
