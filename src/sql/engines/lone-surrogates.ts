/** Half of a surrogate pair, which no UTF-8 says: whoever encodes it makes U+FFFD of it, and so another text. */
import { ValueError } from '../../errors/index.ts';

/** Refuses a text that would be stored, or looked for, as another one. */
export function refuseLoneSurrogates(text: string): void {
  if (text.isWellFormed()) return;
  const at = text.search(/\p{Surrogate}/u);
  // The text itself stays out of the message: it may be a secret.
  throw new ValueError(
    `A text of ${text.length} characters cannot be stored: its character ${at} is half of a surrogate pair. ` +
      'Remove or complete it.',
  );
}
