/**
 * Tracks what must be in a database after a crash: a program announces each write and its acknowledgement; everything
 * acknowledged must be there, and nothing else except writes that were in progress.
 */

/** What a program prints while it stores: one line of JSON each. */
export type Entry =
  | { readonly step: number; readonly object: string; readonly content: string | null }
  | { readonly step: number; readonly done: true };

interface Step {
  readonly step: number;
  readonly content: string | null;
}

export class Ledger {
  /** The last acknowledged content, by object. */
  readonly #stored = new Map<string, string>();
  /** The contents of later writes that are not acknowledged, in order, by object. */
  readonly #underWay = new Map<string, Step[]>();
  readonly #objects = new Map<number, string>();
  acknowledged = 0;

  /** How many acknowledged objects must be there. */
  get size(): number {
    return this.#stored.size;
  }

  note(entry: Entry): void {
    if ('done' in entry) {
      this.#acknowledge(entry.step);
      return;
    }
    const { step, object, content } = entry;
    this.#objects.set(step, object);
    const steps = this.#underWay.get(object) ?? [];
    steps.push({ step, content });
    this.#underWay.set(object, steps);
  }

  /**
   * Returns what is wrong with the content found, one sentence each, and then takes it as the new baseline, from which
   * the next program continues.
   */
  settle(found: ReadonlyMap<string, string>): string[] {
    const problems: string[] = [];
    for (const object of new Set([...this.#stored.keys(), ...this.#underWay.keys(), ...found.keys()])) {
      const stored = this.#stored.get(object) ?? null;
      const possible = [stored, ...(this.#underWay.get(object) ?? []).map(({ content }) => content)];
      const actual = found.get(object) ?? null;
      if (!possible.includes(actual)) {
        problems.push(`${object} is ${shown(actual)}, but could only be ${possible.map(shown).join(' or ')}.`);
      }
    }
    this.#stored.clear();
    for (const [object, content] of found) this.#stored.set(object, content);
    this.#underWay.clear();
    this.#objects.clear();
    return problems;
  }

  #acknowledge(step: number): void {
    const object = this.#objects.get(step);
    const steps = object === undefined ? undefined : this.#underWay.get(object);
    const done = steps?.find((one) => one.step === step);
    if (object === undefined || steps === undefined || done === undefined) {
      throw new Error(`Step ${step} was acknowledged, but never announced.`);
    }
    this.acknowledged += 1;
    if (done.content === null) this.#stored.delete(object);
    else this.#stored.set(object, done.content);
    this.#underWay.set(
      object,
      steps.filter((one) => one.step > step),
    );
  }
}

function shown(content: string | null): string {
  if (content === null) return 'absent';
  return content.length <= 120 ? content : `${content.slice(0, 120)}… (${content.length} characters)`;
}
