// The worker: one request after the other, and of those that wait the newest alone.

import { reasonOf } from "../../src/cli/files/left-out.js";
import { FileError } from "../../src/cli/terminal/errors.js";
import type { Reply, Request, Values, Work } from "../shared/messages.js";
import { opened } from "./data.js";
import { first } from "./first.js";
import { npy } from "./npy.js";
import { figures, rest } from "./rest.js";
import { type Answer, pageMessageOf, Superseded } from "./task.js";

let newest = 0;

const send = (reply: Reply, transfer: Transferable[] = []): void => postMessage(reply, { transfer });

/** Until the messages that have come are read. */
function turn(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

async function done(work: Work, answer: Answer): Promise<Values[keyof Values]> {
  switch (work.kind) {
    case "first":
      return first(work.view, work.file, work.group, answer);
    case "rest":
      return rest(work.view, work.file, answer);
    case "figures":
      return figures(work.view, work.file, answer);
    case "npy":
      return npy(work.view, work.file);
    case "contents": {
      const { contents } = await opened(work.view, work.file);
      return {
        tensors: contents.tensors.map(({ name }) => name),
        skipped: contents.skipped.map((one) => `${one.name}: ${reasonOf(one)}`),
      };
    }
    case "model": {
      const { model } = await import("./model.js");
      return model(work.file, work.inputs, work.runtime, answer);
    }
  }
}

/** In a sentence, whoever is to blame. */
function problemOf(error: unknown): string {
  const message = error instanceof Error ? pageMessageOf(error) : String(error);
  const expected = error instanceof FileError || error instanceof RangeError || error instanceof TypeError;
  return expected ? message : `This should not have happened: ${message}`;
}

async function answerTo({ id, work }: Request): Promise<void> {
  if (!work || id !== newest) return;
  send({ id, begun: true });
  const answer: Answer = {
    part: (part) => send({ id, part }),
    progress: (progress) => send({ id, progress }),
    superseded: async () => {
      await turn();
      return id !== newest;
    },
  };
  try {
    const value = await done(work, answer);
    const bytes = value && "bytes" in value ? [value.bytes.buffer] : [];
    send({ id, value }, bytes);
  } catch (error) {
    if (!(error instanceof Superseded)) send({ id, problem: problemOf(error) });
  }
}

let before: Promise<void> = Promise.resolve();

self.addEventListener("message", ({ data }: MessageEvent<Request>) => {
  newest = data.id;
  before = before.then(() => answerTo(data));
});
