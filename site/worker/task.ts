// What a worker answers with, and how it learns that nobody wants to know any more.

import { messageOf } from "../../src/cli/terminal/errors.js";
import type { Part } from "../shared/messages.js";

export interface Answer {
  part(part: Part): void;
  progress(done: number): void;
  /** Lets messages come in; whether a newer request is among them. */
  superseded(): Promise<boolean>;
}

/** A newer request takes the place of this one. */
export class Superseded extends Error {}

/** The message of an error, for who sees the page. */
export const pageMessageOf = (error: Error): string => messageOf(error, "a smaller tensor needs less");

/** @throws {Superseded} */
export async function goOn(answer: Answer): Promise<void> {
  if (await answer.superseded()) throw new Superseded();
}
