/** The base class of volumes and snapshots, which have a display name and a description. */
import { shownText } from '../shown.ts';
import { Resource } from './resource.ts';

export abstract class NamedResource extends Resource {
  /** The display name, not unique: `display_name`. */
  get name(): string | null {
    return this.#text('display_name');
  }

  set name(value: string | null) {
    this.ovo.set('display_name', value);
  }

  /** The description: `display_description`. */
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
    // The status may be any text.
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
