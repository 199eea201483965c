/** halfnorm bench. */
import { expect, it } from "vitest";
import { halfnorm } from "../support/cli.js";

it("measures what it says", async () => {
  const { code, stdout } = await halfnorm(["bench", "--elements", "20000", "--time", "2", "--json"]);
  expect(code).toBe(0);
  const { schema, lines } = JSON.parse(stdout);
  expect(schema).toBe("halfnorm.cli.bench/1");
  expect(lines.length).toBeGreaterThan(10);
  for (const { gbPerSecond, nsPerElement, maxUlp, p99Ulp } of lines) {
    expect(gbPerSecond).toBeGreaterThan(0);
    expect(nsPerElement).toBeGreaterThan(0);
    if (maxUlp !== null) {
      expect(maxUlp).toBeLessThan(100);
      expect(p99Ulp).toBeLessThan(4);
    }
  }
});
