/** Lone surrogates, which UTF-8 cannot encode: encoders replace them with U+FFFD, which makes a different text. */
import { ValueError } from '../../errors/index.ts';

/** Refuses a text that would be stored, or searched for, as a different one. */
export function refuseLoneSurrogates(text: string): void {
  if (text.isWellFormed()) return;
  const at = text.search(/\p{Surrogate}/u);
  // The text itself stays out of the message: it may be a secret.
  throw new ValueError(
    `A text of ${text.length} characters cannot be stored: its character ${at} is half of a surrogate pair. ` +
      'Remove or complete it.',
  );
}
