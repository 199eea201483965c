// What diagnosing needs, in a part of its own: on the same memory, tables and formats as the core.

export { compare, equal } from "../diagnosis/compare";
export { sweep } from "../diagnosis/element-errors";
export { setUnit, startErrors } from "../diagnosis/error-statistics";
export { inspect, startInspection } from "../diagnosis/inspect";
export { judge } from "../diagnosis/judge";
export { commonBits, countFirst, countNext, gatherDigits, select } from "../diagnosis/quantiles";
export { attribute, trace } from "../diagnosis/trace";
