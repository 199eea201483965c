// The diagnoses of a tensor, norm by norm, what would help, and the σ that each norm can take.

import { type Diagnosis, diagnose, type Norm, tensor as resident, type Tensor } from "halfnorm";
import type { DiagnosedTensor } from "../../src/cli/diagnosed/result.js";
import { sweepOf, sweepsOf } from "../../src/cli/diagnosed/sweeps.js";
import { deviationsOf, type FigureData, figureData, sigmaOf } from "../../src/cli/report/figure-data.js";
import { ALONE } from "../../src/diagnosis/company.js";
import { normWords } from "../../src/text/words.js";
import type { Values } from "../shared/messages.js";
import type { View } from "../shared/view.js";
import { load } from "./data.js";
import { preparedOf, type Question, questionOf } from "./question.js";
import { type Answer, goOn, pageMessageOf } from "./task.js";

/** Of larger groups the σ are those of this size: they take long, and say the same. */
const LARGEST = 2 ** 14;

/** The norm that is looked at comes first. */
const inOrder = ({ norms, norm }: View): Norm[] => {
  const chosen = normWords(norm);
  return [...norms].sort((a, b) => Number(normWords(b) === chosen) - Number(normWords(a) === chosen));
};

async function withTensor<T>(
  view: View,
  file: File | undefined,
  use: (tensor: Tensor, question: Question, head: Omit<DiagnosedTensor, "diagnoses" | "refused">) => Promise<T>,
): Promise<T> {
  const loaded = await load(view, file);
  const question = questionOf(view, loaded);
  const { data, shape } = preparedOf(view, loaded, question);
  const tensor = resident(data, [...shape]);
  const { file: name, name: own, stored, rounded, overflowed } = loaded;
  try {
    return await use(tensor, question, {
      file: name,
      name: own,
      stored,
      assumed: question.assumed,
      rounded,
      overflowed,
    });
  } finally {
    tensor.dispose();
  }
}

export function rest(view: View, file: File | undefined, answer: Answer): Promise<Values["rest"]> {
  return withTensor(view, file, async (tensor, { options }, head) => {
    const { norms } = view;
    const found = new Map<Norm, Diagnosis>();
    const reasons = new Map<Norm, string>();
    const steps = 2 * norms.length + 1;
    let done = 0;
    const step = async (): Promise<void> => {
      answer.progress(++done / steps);
      await goOn(answer);
    };
    for (const remedies of [false, "auto"] as const) {
      for (const norm of inOrder(view)) {
        const at = norms.indexOf(norm);
        if (remedies && found.get(norm)?.verdict === "ok") {
          await step();
          continue;
        }
        if (reasons.has(norm)) continue;
        try {
          const diagnosis = diagnose(tensor, { ...options, norm, remedies });
          found.set(norm, diagnosis);
          answer.part({ part: "diagnosis", at, diagnosis });
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          const reason = pageMessageOf(error);
          reasons.set(norm, reason);
          answer.part({ part: "refused", at, reason });
        }
        await step();
      }
    }
    const [any] = found.values();
    if (any?.input.count && any.input.groupSize > 1) {
      const { arithmetic } = options;
      const n = Math.min(any.input.groupSize, LARGEST);
      const sweep = await sweepOf(n, { norms: [...found.keys()], arithmetic }, () => goOn(answer));
      const median = sigmaOf([deviationsOf(tensor, any.subject.axes)]);
      answer.part({ part: "sigma", sweep, median });
    }
    const kept = norms.flatMap((norm) => found.get(norm) ?? []);
    return { ...head, diagnoses: kept, refused: [...reasons].map(([norm, reason]) => ({ norm, reason })) };
  });
}

export function figures(view: View, file: File | undefined, answer: Answer): Promise<Values["figures"]> {
  return withTensor(view, file, async (tensor, { options }, head) => {
    const diagnoses: Diagnosis[] = [];
    const refused: DiagnosedTensor["refused"][number][] = [];
    for (const norm of view.norms) {
      try {
        diagnoses.push(diagnose(tensor, { ...options, norm }));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        refused.push({ norm, reason: pageMessageOf(error) });
      }
      answer.progress((diagnoses.length + refused.length) / (view.norms.length + 1));
      await goOn(answer);
    }
    const data: FigureData = figureData(tensor, diagnoses, undefined, ALONE);
    const found: DiagnosedTensor = { ...head, diagnoses, refused };
    const { arithmetic } = options;
    const sweeps = diagnoses.length
      ? await sweepsOf([found], { norms: view.norms, arithmetic }, () => goOn(answer))
      : [];
    return { tensor: found, figures: data, sweeps };
  });
}
