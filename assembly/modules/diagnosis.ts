// What diagnosing needs, in a part of its own: on the same memory, tables and formats as the core.

export { compare } from "./compare";
export { setUnit, startErrors } from "./errors";
export { inspect, startInspection } from "./inspect";
export { select } from "./select";
export { judge, sweep } from "./sweep";
export { attribute, trace } from "./trace";
