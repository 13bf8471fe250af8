export interface Gathered {
  readonly kept: ReadonlyMap<string, { readonly file: string; readonly statements: readonly string[] }>;
  readonly exported: ReadonlyMap<string, boolean>;
  readonly imported: ReadonlySet<string>;
}

export function gatherDeclarations(entry: string, library?: Gathered): Gathered;
