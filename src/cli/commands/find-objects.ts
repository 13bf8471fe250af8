/** Finds the object that a user names: by id or key, by name, or by the beginning of its id or key. */
import type { PersistenceDriver } from '../../persistence/driver.ts';
import { readKeyValues } from '../../persistence/read-key-values.ts';
import { readSnapshots } from '../../persistence/read-objects.ts';
import { connectionsOf } from './ls.ts';

export interface Named {
  readonly kind: 'volume' | 'snapshot' | 'connection' | 'key-value';
  /** Its id, or its key. */
  readonly id: string;
  readonly name: string | null;
}

/** The objects that a text may refer to: those with that name or, if there are none, with that prefix of id or key. */
export async function findObjects(storage: PersistenceDriver, text: string): Promise<readonly Named[]> {
  if (text === '') return [];
  const named: Named[] = [];
  const begun: Named[] = [];
  for await (const one of everything(storage)) {
    if (one.name === text) named.push(one);
    else if (one.id.startsWith(text)) begun.push(one);
  }
  return named.length > 0 ? named : begun;
}

async function* everything(storage: PersistenceDriver): AsyncGenerator<Named> {
  for await (const { id, name } of storage.iterateVolumes()) yield { kind: 'volume', id, name: name ?? null };
  for (const { id, name } of await readSnapshots(storage, {})) yield { kind: 'snapshot', id, name: name ?? null };
  for await (const ovo of connectionsOf(storage)) yield { kind: 'connection', id: String(ovo.get('id')), name: null };
  for (const { key } of await readKeyValues(storage)) yield { kind: 'key-value', id: key, name: null };
}
