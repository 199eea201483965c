// Text of a result that may have come from a file.

import { isObject, wrong } from "../checks/arguments.js";
import { type Page, pageFor, type TextOptions } from "../text/page.js";

/**
 * What a function writes to a page. A value that is not what its schema says is refused as a whole: what is missing in it, or
 * of another type, shows when it is written.
 *
 * @param from The function that gives such values.
 */
export function textOf(
  name: string,
  value: { readonly schema: string },
  schema: string,
  from: string,
  options: TextOptions | undefined,
  write: (page: Page) => void,
): string {
  if (!isObject(value) || value.schema !== schema) throw wrong(name, `what ${from}() gives`, value);
  const page = pageFor(options);
  try {
    write(page);
    return page.toString();
  } catch (cause) {
    throw new TypeError(`"${name}" must be what ${from}() gives, got other things in its place`, { cause });
  }
}
