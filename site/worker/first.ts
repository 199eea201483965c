// What can be shown at once: what the tensor is, its magnitudes, and a sum as it grows. Of a long tensor that is made, the
// magnitudes of its beginning come first: to make all of it takes longer than a slider should wait.

import { tensor as resident } from "halfnorm";
import { groupOf } from "../../src/cli/report/figure-data.js";
import { sizeOf } from "../../src/tensor/shape.js";
import type { About } from "../shared/messages.js";
import type { View } from "../shared/view.js";
import { type Loaded, load } from "./data.js";
import { madeData, SOME, shapeOf } from "./made.js";
import { magnitudesOf } from "./magnitudes.js";
import { preparedOf, type Question, questionOf } from "./question.js";
import { runningSum } from "./running-sum.js";
import { type Answer, goOn } from "./task.js";

/** Groups of a tensor, and their elements. */
function groupsOf({ shape }: Loaded, { subject }: Question): [number, number] {
  const own = subject.axes.reduce((product, axis) => product * shape[axis], 1) / (subject.groups ?? 1);
  return [own ? sizeOf(shape) / own : 0, own];
}

function aboutOf(loaded: Loaded, question: Question): About {
  const { file, name, stored, shape, notes } = loaded;
  const [groups, groupSize] = groupsOf(loaded, question);
  return { file, name, stored, shape, notes, assumed: question.assumed, groups, groupSize };
}

export async function first(view: View, file: File | undefined, group: number, answer: Answer): Promise<null> {
  const shape = shapeOf(view.made);
  if (view.source === "made" && sizeOf(shape) > SOME) {
    const some = madeData(view.made, SOME);
    const input = magnitudesOf(some, shape, sizeOf(shape), shape[0]);
    answer.part({ part: "magnitudes", input, counted: SOME });
    await goOn(answer);
  }
  const loaded = await load(view, file);
  const question = questionOf(view, loaded);
  answer.part({ part: "about", about: aboutOf(loaded, question) });
  const x = preparedOf(view, loaded, question);
  const [groups, n] = groupsOf(loaded, question);
  const input = magnitudesOf(x.data, x.shape, x.data.length, groups);
  answer.part({ part: "magnitudes", input, counted: x.data.length });
  await goOn(answer);
  const { axes, groups: split } = question.subject;
  if (!x.data.length || split) {
    answer.part({
      part: "running",
      running: { why: split ? "Group norm has no picture of its sums." : "There is nothing to sum." },
    });
    return null;
  }
  const at = Math.min(group, groups - 1);
  const rows = axes.length === 1 && axes[0] === x.shape.length - 1;
  let elements: Float32Array;
  if (rows && x.data instanceof Float32Array) {
    elements = x.data.subarray(at * n, at * n + n);
  } else {
    const held = resident(x.data, [...x.shape]);
    elements = groupOf(held, axes, at);
    held.dispose();
  }
  const running = await runningSum(elements, at, view.norm, question, () => goOn(answer));
  answer.part({ part: "running", running });
  return null;
}
