/** What volumes and snapshots have in common beside what all resources have: a name and a description for people. */
import { shownText } from '../shown.ts';
import { Resource } from './resource.ts';

export abstract class NamedResource extends Resource {
  /** Its name for people: `display_name`. */
  get name(): string | null {
    return this.#text('display_name');
  }

  set name(value: string | null) {
    this.ovo.set('display_name', value);
  }

  /** Its description: `display_description`. */
  get description(): string | null {
    return this.#text('display_description');
  }

  set description(value: string | null) {
    this.ovo.set('display_description', value);
  }

  /** In GiB. */
  protected abstract get sizeToShow(): unknown;

  protected override get summary(): string {
    const name = this.name ? shownText(this.name, JSON.stringify) : 'no name';
    // It may be any text.
    const status = shownText(this.#text('status') ?? 'no status', (text) =>
      /^[\w -]+$/.test(text) ? text : JSON.stringify(text),
    );
    return `, ${name}, ${this.sizeToShow ?? '?'} GiB, ${status}`;
  }

  #text(field: string): string | null {
    const value = this.ovo.get(field);
    return typeof value === 'string' ? value : null;
  }
}
