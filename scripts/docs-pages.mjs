// For typedoc, what every page of the documentation has: a link to the page it stands beside, wherever the site is, and no icon,
// which browsers would ask the server for.

import { JSX } from "typedoc";

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.renderer.hooks.on("head.end", () => JSX.createElement("link", { rel: "icon", href: "data:," }));
  app.renderer.hooks.on("sidebar.begin", (context) => {
    const href = context.relativeURL("../index.html");
    return JSX.createElement("p", null, JSX.createElement("a", { href }, "Try it in the browser"));
  });
}
