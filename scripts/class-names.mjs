// The names of classes in what esbuild writes. It makes `var Tensor = class _Tensor` of a class that names itself, and consoles show
// `_Tensor { ... }` to those who print one.

/**
 * A file with the classes called as they are in their source. What is left of a name is a space, so that everything stands where
 * the source map says.
 *
 * @param {string} text
 */
export function withClassNames(text) {
  const names = [...text.matchAll(/\b(\w+) = class _\1\b/g)].map(([, name]) => name);
  return names.reduce((all, name) => all.replaceAll(new RegExp(`\\b_${name}\\b`, "g"), `${name} `), text);
}
