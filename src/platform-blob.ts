/** The platform's `Blob`, for declarations: users may compile with neither the types of browsers nor those of Node. */

/** What every `Blob` has. */
interface AnyBlob {
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
  slice(start?: number, end?: number, contentType?: string): AnyBlob;
  text(): Promise<string>;
}

/** `Blob` where the compiler knows one; else what all of them have in common. */
export type PlatformBlob = typeof globalThis extends { Blob: { prototype: infer B } } ? B : AnyBlob;
