import { PLAN } from "../src/layout";

export function trace(): void {
  store<i32>(PLAN, 0);
}
