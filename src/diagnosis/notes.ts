// What is worth knowing beside a verdict.

import { NORM_NONE } from "../abi/plan.js";
import { nameOf } from "../numerics/format.js";
import { brief, formatWords, percent } from "../text/words.js";
import { leastEps, rounded, survives } from "./equal-values.js";
import type { Evidence } from "./evidence.js";
import type { Subject } from "./normalization.js";

/** What eps does not keep from being divided by 0. */
function epsNotes(asked: Subject, format: string): string[] {
  const { eps, norm } = asked;
  const { numerics } = asked;
  const { statistics } = numerics;
  if (norm.kind === NORM_NONE) return [];
  const rule = asked.epsRule(norm);
  const gone = eps > 0 && rounded(eps, statistics) === 0 ? `eps ${brief(eps)} rounds to 0 in ${format}` : "";
  if (survives(eps, numerics, rule)) return gone ? [gone] : [];
  const nan = asked.given
    ? "a deviation of 0 comes out as NaN and infinities"
    : "a group of equal values comes out as NaN";
  if (gone) return [`${gone}: ${nan}`];
  const least = leastEps(numerics, rule);
  const enough = least === undefined ? "" : `; eps ${brief(least, 4)} is enough`;
  const why = eps ? `1 / S overflows ${format} where S is made of eps ${brief(eps)} alone` : "eps is 0";
  return [`${why}: ${nan}${enough}`];
}

/** Of weights, biases and given statistics that the format has no numbers for. */
export function beyondFormat({ parameters, compute, statistics }: Evidence): string[] {
  return parameters.flatMap(({ name, absMax }) => {
    // of a deviation, only the reciprocal of S goes on
    const format = name === "deviation" ? statistics : compute;
    if (absMax === null || rounded(absMax, format) < Infinity) return [];
    return [`the ${name} goes up to ${brief(absMax)}, which is beyond ${formatWords(nameOf(format))}`];
  });
}

/** What is worth knowing besides. */
export function notesOf(evidence: Evidence, asked: Subject): string[] {
  const { input, stages, subject } = evidence;
  const format = formatWords(subject.arithmetic.compute);
  const notes = epsNotes(asked, format).concat(beyondFormat(evidence));
  const { underflow, subnormal } = stages[0].events;
  const nonzero = input.finite - input.zero;
  const small: string[] = [];
  if (underflow) small.push(`${percent(underflow, nonzero)} of the nonzero elements round to 0`);
  if (subnormal > nonzero / 100) small.push(`${percent(subnormal, nonzero)} of the nonzero elements are subnormal`);
  if (small.length) notes.push(`${small.join(", and ")} in ${format}`);
  if (input.groupSize === 1 && subject.centred && !subject.given)
    notes.push("a group is one element: x - mean is 0, and so is the output");
  return notes;
}
