/** The snapshots or connections of a volume; its dumps contain them once they are loaded. */
import type { ObjectModel } from '../cinder/object-model.ts';
import { VersionedObject } from '../cinder/versioned-object.ts';
import { LazyList } from './lazy-list.ts';
import type { Resource } from './resource.ts';

export class ChildList<T extends Resource> extends LazyList<T> {
  readonly #parent: Resource;
  readonly #field: string;
  readonly #listModel: ObjectModel;

  /** @param field The field of the parent's object that holds the children's objects. */
  constructor(parent: Resource, field: string, listModel: ObjectModel) {
    super();
    this.#parent = parent;
    this.#field = field;
    this.#listModel = listModel;
  }

  /** Wraps the objects that came inside the parent's object, if any did. */
  wrapNested(restore: (ovo: VersionedObject) => T): void {
    if (this.#parent.ovo.child(this.#field) !== null) this.replace(this.#parent.ovo.children(this.#field).map(restore));
  }

  /** Puts the items into the parent's object, after that was replaced. */
  show(): void {
    this.changed(this.loaded);
  }

  protected override changed(items: readonly T[] | null): void {
    if (items === null) return;
    const known = this.#parent.ovo.child(this.#field);
    const list = known ?? new VersionedObject(this.#listModel);
    const objects = items.map(({ ovo }) => ovo);
    list.restore('objects', objects);
    if (known === null) this.#parent.ovo.restore(this.#field, list);
  }
}
