// A bar and a button beside it, for work that takes longer than anybody likes to wait.

import { byId } from "./dom.js";

/** Before work is something to tell of, in milliseconds. */
const PATIENCE = 300;

export class Progress {
  private began = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private done = 0;

  constructor(
    private readonly bar: string,
    private readonly button: string,
  ) {}

  /** Work begins; what went on before has been given up. */
  begin(): void {
    this.done = 0;
    if (this.timer !== undefined) return;
    this.began = performance.now();
    this.timer = setTimeout(() => this.show(), PATIENCE);
  }

  /** @param done From 0 to 1. */
  update(done: number): void {
    this.done = done;
    if (performance.now() - this.began > PATIENCE) this.show();
  }

  end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const id of [this.bar, this.button]) byId(id).hidden = true;
  }

  private show(): void {
    if (this.timer === undefined) return;
    const bar = byId<HTMLProgressElement>(this.bar);
    if (this.done) bar.value = this.done;
    else bar.removeAttribute("value"); // nobody knows yet
    for (const id of [this.bar, this.button]) byId(id).hidden = false;
  }
}
