// For typedoc: a link from every page of the documentation to the page it stands beside, wherever the site is.

import { JSX } from "typedoc";

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.renderer.hooks.on("sidebar.begin", (context) => {
    const href = context.relativeURL("../index.html");
    return JSX.createElement("p", null, JSX.createElement("a", { href }, "Try it in the browser"));
  });
}
