// For typedoc: warns of docstrings that leave something out, which its own checks do not see. A function that takes arguments
// says what it throws, each error in a tag of its own, `@throws {TypeError} for ...`, and a public function of the package where
// what it computes is from; an interface says itself what it is, and does not leave that to the one it extends.

import { Application, Converter, ReflectionKind } from "typedoc";

/** What there is nothing to point to for: how tensors, texts and instances are made is this package's own. */
const OWN = new Set(["tensor", "empty", "load", "formatDiagnosis", "formatComparison", "diagnose", "diagnoseModel"]);

const { Function: Declared, Variable, Interface, Class, Method, Constructor } = ReflectionKind;

/** Makes the name of an error part of the text of its tag: what stands in braces would be shown as it is, with them. */
function showError(tag) {
  const [, name] = /^\{(\w+)\}$/.exec(tag.typeAnnotation ?? "") ?? [];
  if (!name) return false;
  tag.content.unshift({ kind: "code", text: `\`${name}\`` }, { kind: "text", text: " " });
  delete tag.typeAnnotation;
  return true;
}

/** @param {import("typedoc").Application} app */
export function load(app) {
  /** @type {Map<import("typedoc").DeclarationReflection, import("typescript").Signature[]>} */
  const functions = new Map();
  const silent = new Set();
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (reflection.kindOf(Interface) && !reflection.comment) silent.add(reflection);
    const ofClass = reflection.kindOf([Method, Constructor]) && reflection.parent?.kindOf(Class);
    if (!ofClass && !reflection.kindOf([Declared, Variable])) return;
    const symbol = context.getSymbolFromReflection(reflection);
    if (!symbol) return;
    const type = context.checker.getTypeOfSymbol(symbol);
    functions.set(reflection, [...type.getCallSignatures(), ...type.getConstructSignatures()]);
  });
  app.on(Application.EVENT_VALIDATE_PROJECT, (project) => {
    const warn = (reflection, what) => app.logger.warn(`${reflection.getFriendlyFullName()} does not say ${what}`);
    const all = new Set(Object.values(project.reflections));
    for (const reflection of silent) if (all.has(reflection)) warn(reflection, "what it is");
    for (const [reflection, signatures] of functions) {
      if (!all.has(reflection) || !signatures.some(({ parameters }) => parameters.length)) continue;
      const { comment } = reflection.comment ? reflection : (reflection.signatures?.find((each) => each.comment) ?? {});
      if (!comment?.getTag("@throws")) warn(reflection, "what it throws");
      const exported = reflection.kindOf([Declared, Variable]);
      if (exported && !OWN.has(reflection.name) && !comment?.getTag("@see")) warn(reflection, "what it is from");
    }
    for (const reflection of all) {
      const tags = reflection.comment?.getTags("@throws") ?? [];
      if (!tags.every(showError)) warn(reflection, "which error it throws");
    }
  });
}
