/** The platform's `Blob`, for declarations: users may compile with neither browsers' types nor Node's. */

/** What all `Blob` types have in common. */
interface AnyBlob {
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
  slice(start?: number, end?: number, contentType?: string): AnyBlob;
  text(): Promise<string>;
}

/** `Blob` if the compiler knows that type; else what all `Blob` types have in common. */
export type PlatformBlob = typeof globalThis extends { Blob: { prototype: infer B } } ? B : AnyBlob;
