// Patterns of names: * stands for any signs, ? for one.

/** Units of UTF-16 that the sign at a place has. */
const signAt = (text: string, at: number): number => ((text.codePointAt(at) as number) > 0xffff ? 2 : 1);

/**
 * Whether a pattern matches all of a name. What follows a star is looked for from left to right, and only the last star that
 * has been met may stand for more: the time is at most the product of the lengths, whatever the pattern.
 */
export function matchesGlob(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1; // the last one met
  let from = 0; // where in the name what follows it is tried
  for (let i = 0; i < name.length; ) {
    if (pattern[at] === "*") {
      star = at++;
      from = i;
    } else if (pattern[at] === "?") {
      at++;
      i += signAt(name, i);
    } else if (at < pattern.length && pattern[at] === name[i]) {
      at++;
      i++;
    } else if (star >= 0) {
      at = star + 1;
      from += signAt(name, from);
      i = from;
    } else {
      return false;
    }
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}

/** Whether it stands for more than itself. */
export const isGlob = (pattern: string): boolean => /[*?]/.test(pattern);
