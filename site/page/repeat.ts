// What a user takes along: lines that repeat the view, and files.

import type { Lines } from "./code.js";
import { byId, make } from "./dom.js";

export async function copy(text: string, what: string): Promise<void> {
  const said = byId("copied");
  try {
    await navigator.clipboard.writeText(text);
    said.textContent = `${what} copied.`;
  } catch {
    said.textContent = "The browser does not let this page copy: select the lines and copy them.";
  }
}

/** Languages that were opened stay open. */
export function showLines(all: readonly Lines[]): void {
  const place = byId("code");
  const open = new Set([...place.querySelectorAll("details[open]")].map((each) => each.id));
  const parts = all.map(({ language, about, text }) => {
    const code = make("code", {}, text);
    const lines = make("pre", { tabIndex: 0 }, code);
    lines.setAttribute("role", "group");
    lines.setAttribute("aria-label", language);
    const button = make("button", { type: "button" }, "Copy");
    button.setAttribute("aria-label", `Copy ${language}`);
    button.addEventListener("click", () => copy(text, language));
    const id = `code-${language.replace(/\W+/g, "-").toLowerCase()}`;
    const details = make(
      "details",
      { id, open: open.has(id) },
      make("summary", {}, language),
      make("p", { className: "quiet" }, about),
      make("div", { className: "lines" }, lines, button),
    );
    return details;
  });
  place.replaceChildren(...parts);
}
