// What a worker answers with, and how it learns that nobody wants to know any more.

import type { Part } from "../shared/messages.js";

export interface Answer {
  part(part: Part): void;
  progress(done: number): void;
  /** Lets messages come in; whether a newer request is among them. */
  superseded(): Promise<boolean>;
}

/** A newer request takes the place of this one. */
export class Superseded extends Error {}

/** @throws {Superseded} */
export async function goOn(answer: Answer): Promise<void> {
  if (await answer.superseded()) throw new Superseded();
}
