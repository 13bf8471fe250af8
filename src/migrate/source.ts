/** What a migration reads from: a storage, or a file with the content of one. */
import type { VersionedObject } from '../cinder/versioned-object.ts';
import type { KeyValue } from '../persistence/key-value.ts';
import type { Item } from './item.ts';
import type { NotCarried } from './report.ts';

export interface Source {
  /** The number of items and key-values; null if it is unknown before they are read. */
  count(): Promise<number | null>;
  /** All items that are not deleted, in pages: volumes before the snapshots. Can be called repeatedly. */
  items(): AsyncIterable<readonly Item[]>;
  keyValues(): Promise<readonly KeyValue[]>;
  /** The type `__DEFAULT__`; null if it appears only in volumes. */
  readonly defaultType: VersionedObject | null;
  /** What the source contains that is not among the items. */
  leftOut(): Promise<readonly NotCarried[]>;
  /** A text that differs after any change to the source; null if changes cannot be detected. */
  state(): Promise<string | null>;
}

/**
 * Items per page: a power of two, so that new ones take one statement per table. With 100,000 volumes and as many
 * snapshots, a migration to PostgreSQL takes 200 to 250 MB; pages of 500 take 50 MB more than pages of 200.
 */
export const pageSize = 128;

export function* pages<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < all.length; start += pageSize) yield all.slice(start, start + pageSize);
}

/** Prefetches pages: each is read while the previous one is processed. */
export async function* prefetch<T>(pagesOfSource: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  const iterator = pagesOfSource[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = iterator.next();
      // If processing this page fails, this is not awaited until then: avoid an unhandled rejection.
      next.catch(() => {});
      yield value;
    }
  } finally {
    // If processing a page failed, that tells more than a failure to end the reading.
    await iterator.return?.().catch(() => {});
  }
}
