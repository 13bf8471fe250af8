/**
 * Whether `parseJson` reads a text, for where nobody wants to know what it says. The worker of a page needs no more, and
 * so does without the parser.
 */
import { isTooLong } from '../cinder/python-int.ts';
import { maximumDepth } from '../cinder/tree.ts';

/** A string, or the rest of the text if it does not end; a number; a word that Python alone reads; a bracket. */
const token = /"(?:[^"\\]+|\\.)*"?|-?\d[-+.\deE]*|NaN|-?Infinity|[[\]{}]/gs;

export function isJson(text: string): boolean {
  let [depth, isRefused] = [0, false];
  const plain = text.replace(token, (found) => {
    if (/[[{]/y.test(found)) isRefused ||= depth++ > maximumDepth;
    else if (/[\]}]/y.test(found)) depth--;
    else if (/-?[NI]/y.test(found)) return 'null';
    else isRefused ||= /^-?\d+$/.test(found) && isTooLong(found);
    return found;
  });
  try {
    JSON.parse(plain);
    return !isRefused;
  } catch {
    return false;
  }
}
