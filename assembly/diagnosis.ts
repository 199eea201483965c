// What diagnosing needs, in a part of its own: on the same memory, tables and formats as the core.

export { trace } from "./trace";
