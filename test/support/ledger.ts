/**
 * What should be in a database: a program says what it is about to store and when that was acknowledged, and
 * after a crash everything acknowledged must be there, and nothing else but what was under way.
 */

/** What a program tells while it stores: one line of JSON each. */
export type Entry =
  | { readonly step: number; readonly object: string; readonly content: string | null }
  | { readonly step: number; readonly done: true };

interface Step {
  readonly step: number;
  readonly content: string | null;
}

export class Ledger {
  /** By object, the content that was acknowledged last. */
  readonly #stored = new Map<string, string>();
  /** By object, the contents that may have come after it, in order. */
  readonly #underWay = new Map<string, Step[]>();
  readonly #objects = new Map<number, string>();
  acknowledged = 0;

  /** How many objects were acknowledged and are to be there. */
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
   * Says what is wrong with what was found, one sentence each, and takes what was found as what there is: the
   * next program goes on from there.
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
