// What a diagnosis comes to, in one word and in a sentence.

import { type NormSpec, powerOf } from "../numerics/norm.js";
import { brief, formatWords, integer, percent, termWords } from "../text/words.js";
import { type Judgement, verdictOfError } from "./bits.js";
import type { Evidence } from "./evidence.js";
import type { InputCounts } from "./input.js";
import { beyondFormat } from "./notes.js";
import type { DiagnosisEvent, Stage, StageName, Verdict } from "./result.js";
import { EVENT_VERBS, placeWords } from "./words.js";

/** What has gone wrong in a stage, the worst first. */
const SEVERITY: readonly DiagnosisEvent[] = ["overflow", "invalid", "underflow", "stagnation", "subnormal"];

/** What a stage does, one of it and many. */
function objects(name: StageName, { subject }: Evidence): readonly [string, string] {
  const { term, terms, sum } = termWords(subject.norm);
  const operations = (of: string) => [`operation of ${of}`, `operations of ${of}`] as const;
  const words: Record<StageName, readonly [string, string]> = {
    input: ["element", "elements"],
    mean: subject.given ? ["mean that is given", "means that are given"] : operations("the mean"),
    centre: ["difference from the mean", "differences from the mean"],
    term: [term, terms],
    sum: operations(sum),
    deviation: operations("the scale"),
    reciprocal: ["reciprocal of the scale", "reciprocals of the scale"],
    roundedMean: ["mean, rounded,", "means, rounded,"],
    roundedReciprocal: ["reciprocal of the scale, rounded,", "reciprocals of the scale, rounded,"],
    slope: operations("a in x · a + b"),
    shift: operations("b in x · a + b"),
    output: operations("the output"),
  };
  return words[name];
}

const eventsOf = ({ events }: Stage): DiagnosisEvent[] => SEVERITY.filter((event) => events[event] > 0);

/** "16 squares overflow (first: group 3, element 17)". */
function eventWords(stage: Stage, event: DiagnosisEvent, evidence: Evidence): string {
  const first = stage.firsts[event];
  const count = stage.events[event];
  const plural = +(count !== 1);
  const many = `${integer(count)} ${objects(stage.name, evidence)[plural]} ${EVENT_VERBS[event][plural]}`;
  return first ? `${many} (first: ${placeWords(first)})` : many;
}

interface Breakdown {
  stage: Stage;
  event: DiagnosisEvent;
}

/** Where infinities or NaN came from: the first stage that overflowed, or else had an invalid operation. */
function breakdown({ stages }: Evidence): Breakdown | undefined {
  for (const event of ["overflow", "invalid"] as const) {
    const stage = stages.find(({ events }) => events[event] > 0);
    if (stage) return { stage, event };
  }
  return undefined;
}

/** "the sum of squares overflows". */
function overflowWords(name: StageName, { subject }: Evidence): string {
  const { term, sum } = termWords(subject.norm);
  const scale = subject.norm === "l2" ? "the square of the deviation" : "the deviation";
  const words: Partial<Record<StageName, string>> = {
    input: "an element",
    mean: "the sum for the mean",
    centre: "x - mean",
    term: `a ${term}`,
    sum,
    ...(subject.given && { deviation: scale }),
    reciprocal: "the reciprocal of the scale",
    roundedMean: "the mean, rounded,",
    roundedReciprocal: "the reciprocal of the scale, rounded,",
    slope: "a in x · a + b",
    shift: "b in x · a + b",
    output: "the output",
  };
  return `${words[name] ?? "the scale"} overflows`;
}

/** Stages that a scale is made in, and those that overflow where it is too small. */
const SCALING: readonly StageName[] = ["term", "sum", "deviation"];
const INVERSE: readonly StageName[] = ["reciprocal", "roundedReciprocal", "slope"];

function absorbed(evidence: Evidence): string {
  const { absorbedOverflow, error, input, stages, subject } = evidence;
  const where = `${integer(absorbedOverflow)} of ${integer(input.groups)} groups`;
  const stage = stages.find(({ name, events }) => events.overflow > 0 && SCALING.includes(name));
  const first = stage?.firsts.overflow;
  const what = stage
    ? `${overflowWords(stage.name, evidence)} in ${where}${first ? ` (first: ${placeWords(first)})` : ""}`
    : `the scale is infinite in ${where}`;
  const silent = `the output there is ${subject.bias ? "the bias alone" : "zeros"}: no NaN and no infinity shows it`;
  return `${what} and ${silent}${error.mismatchedSpecials ? `; besides, ${mismatched(evidence)}` : ""}`;
}

/** "64 reciprocals of the scale overflow (first: group 0): 4,096 squares become 0 (first: group 0, element 0)". */
function breakdownWords({ stage, event }: Breakdown, evidence: Evidence): string {
  const words = eventWords(stage, event, evidence);
  if (!INVERSE.includes(stage.name)) return words;
  // of a scale that is 0, or next to it, for the terms are
  const vanished = evidence.stages.find(({ name, events }) => events.underflow > 0 && SCALING.includes(name));
  return vanished ? `${words}: ${eventWords(vanished, "underflow", evidence)}` : words;
}

function mismatched(evidence: Evidence): string {
  const { mismatchedSpecials, count } = evidence.error;
  const many = `${integer(mismatchedSpecials)} of ${integer(count)} outputs`;
  const found = breakdown(evidence);
  if (found) return `${many} are NaN or infinite and should not be: ${breakdownWords(found, evidence)}`;
  const beyond = beyondFormat(evidence);
  if (beyond.length) return `${many} are NaN or infinite and should not be: ${beyond.join(", and ")}`;
  return `in ${many}, a NaN or an infinity stands against a number`;
}

/** What a stage does to its errors on the way to the scale: a root divides them. */
function decibels({ name, total }: Stage, norm: NormSpec): number {
  if (total.sqnrDb === null) return total.maxAbs ? -Infinity : Infinity;
  return total.sqnrDb + (name === "term" || name === "sum" ? 20 * Math.log10(powerOf(norm)) : 0);
}

/** Noise, in dB below the signal, that is enough to go wrong by in any stage. */
const RUINED = 12;

/** Stages whose noise is to be compared with what they are added to, not with themselves: they may well be next to 0. */
const ADDED: readonly StageName[] = ["mean", "roundedMean", "shift"];

/**
 * The first stage that has at least half of the noise of the output, or is ruined: of a scale that is too small, the
 * reciprocal has more noise yet. That of the mean is seen in the differences from it; that of the mean as it was rounded, in what
 * the output has more than its own. In x · a + b no stage before the output knows what cancels.
 */
function culprit({ stages }: Evidence, norm: NormSpec): Stage {
  const output = stages[stages.length - 1];
  const limit = Math.max(decibels(output, norm) + 3, RUINED);
  const found = stages.find(({ name }, i) => !ADDED.includes(name) && decibels(stages[i], norm) <= limit) ?? output;
  const { own, total } = output;
  if (found !== output || (own.sqnrDb ?? Infinity) < (total.sqnrDb ?? Infinity) + 3) return found;
  return stages.find(({ name }) => name === "roundedMean") ?? output;
}

/** How a mean came to be off. */
function meanWords(mean: Stage, evidence: Evidence): string {
  const { input = 0, accumulation = 0, final = 0 } = mean.attribution ?? {};
  const off = `the mean is off by up to ${brief(mean.total.maxAbs)}`;
  if (evidence.subject.given) return `${off}, by rounding it to the format`;
  const sizes = [Math.abs(input), Math.abs(accumulation), Math.abs(final)];
  const most = sizes.indexOf(Math.max(...sizes));
  if (!sizes[most]) return off;
  if (most === 0) return `${off}, by rounding the input`;
  if (most === 2) return `${off}, by rounding it to the format`;
  return mean.events.stagnation
    ? `${off}, by its additions: ${eventWords(mean, "stagnation", evidence)}`
    : `${off}, by its additions`;
}

/** Why bits are missing. */
function cause(evidence: Evidence, norm: NormSpec): string {
  const { stages } = evidence;
  const stage = culprit(evidence, norm);
  const { name, own, total } = stage;
  const [event] = eventsOf(stage);
  if (name === "input") {
    return event ? eventWords(stage, event, evidence) : "rounding the input costs them";
  }
  if (name === "centre") {
    const mean = stages[1];
    const worse = (mean.total.maxAbs ?? 0) > (stages[0].total.maxAbs ?? 0);
    return worse ? meanWords(mean, evidence) : "x - mean cancels the digits that rounding the input left";
  }
  if (name === "term" && event) return eventWords(stage, event, evidence);
  if (name === "sum") {
    const { sum } = termWords(evidence.subject.norm);
    const off = total.maxRel === null ? "" : `${sum} is off by up to ${percent(total.maxRel, 1)}`;
    return event ? `${off}${off && ": "}${eventWords(stage, event, evidence)}` : off || `${sum} is lost`;
  }
  if (event && event !== "subnormal") return eventWords(stage, event, evidence);
  if (name === "output" && evidence.subject.arithmetic.tail) {
    return "x · a + b cancels the digits that rounding x · a and b left";
  }
  return `rounding ${PLAIN[name]}${own.maxRel === null ? "" : `, up to ${percent(own.maxRel, 1)} of a value`}`;
}

const PLAIN: Record<StageName, string> = {
  input: "the input",
  mean: "the mean",
  centre: "x - mean",
  term: "the terms",
  sum: "the sum",
  deviation: "the scale",
  reciprocal: "the reciprocal of the scale",
  roundedMean: "the mean to the compute format",
  roundedReciprocal: "the reciprocal of the scale to the compute format",
  slope: "a in x · a + b",
  shift: "b in x · a + b",
  output: "the output",
};

/**
 * Of p bits of the compute format, by SQNR, an output has to keep min(3, p/2) not to be "failed", and max(p - 3, p/2 + 0.5)
 * not to be "degraded". It is "failed", too, when an infinity was absorbed, when specials do not match, and when there is
 * nothing but NaN and infinities in the exact output; and "degraded" when anything overflowed. Data that has NaN or
 * infinities of its own is "failed" whatever the arithmetic makes of it. Else it is "ok", also without any elements.
 */
export function verdictOf(evidence: Evidence, norm: NormSpec): Judgement {
  const { input, error, equalSpecials = 0 } = evidence;
  if (!input.count) return { verdict: "ok", reason: "there is nothing to normalize: the tensor has no elements" };
  const found = brokenWords(evidence);
  if (!found) return arithmeticVerdict(evidence, norm);
  if (equalSpecials < error.count) {
    const { reason } = arithmeticVerdict(evidence, norm);
    return { verdict: "failed", reason: `${found}; of the rest, ${reason}` };
  }
  return {
    verdict: "failed",
    reason: input.finite < input.count ? `${found}, and every group is lost to them` : found,
  };
}

/** What the arithmetic has to answer for. */
export function arithmeticVerdict(evidence: Evidence, norm: NormSpec): Judgement {
  const { absorbedOverflow, error } = evidence;
  const say = (verdict: Verdict, reason: string): Judgement => ({ verdict, reason });
  if (absorbedOverflow) return say("failed", absorbed(evidence));
  if (error.mismatchedSpecials) return say("failed", mismatched(evidence));
  const name = formatWords(evidence.subject.arithmetic.compute);
  const { verdict, reason: kept } = verdictOfError(error, evidence.compute.precision, name);
  if (verdict !== "ok") return say(verdict, `${kept}: ${cause(evidence, norm)}`);
  const found = breakdown(evidence);
  // what is invalid for infinities in the data is so in exact arithmetic, too
  if (found?.event === "overflow") return say("degraded", `${kept}, but ${breakdownWords(found, evidence)}`);
  return say("ok", kept);
}

/** "3 NaN and 1 infinity". */
function specials({ nan, infinite }: Pick<InputCounts, "nan" | "infinite">): string {
  const parts = [
    nan && `${integer(nan)} NaN`,
    infinite && `${integer(infinite)} ${infinite > 1 ? "infinities" : "infinity"}`,
  ];
  return parts.filter(Boolean).join(" and ");
}

/** What is not a number whatever the arithmetic: "the data has 3 NaN", "the weights have 1 infinity", ... */
function brokenWords({ input, parameters, error, equalSpecials = 0, subject }: Evidence): string {
  const given: string[] = [];
  if (input.finite < input.count) given.push(`the data has ${specials(input)}`);
  for (const each of parameters) {
    if (each.nan || each.infinite) given.push(`the ${each.name} has ${specials(each)}`);
  }
  if (given.length) return given.join(", and ");
  if (!equalSpecials) return "";
  // by 0, a number gives an infinity where it is no difference from the mean of its group
  const what = subject.given ? "NaN or infinite" : "NaN";
  const [many, whose] =
    equalSpecials < error.count
      ? [`${integer(equalSpecials)} of ${integer(error.count)} outputs are ${what}`, "the scale of their groups"]
      : [`the output is ${what} everywhere`, "the scale"];
  return `${many}, in exact arithmetic too: ${whose} is 0, and so is eps`;
}
