import { PLAN } from "../src/layout";

export function backward(): void {
  store<i32>(PLAN, 0);
}
