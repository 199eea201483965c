// A tensor: what is asked of it, by whom it is answered, and what is shown of the answers as they come.

import type { Diagnosis } from "halfnorm";
import { normWords } from "../../src/text/words.js";
import { addressOf, normText, viewOf } from "../shared/address.js";
import type { About, Part, Values } from "../shared/messages.js";
import { arithmeticOf, FIRST_VIEW, type View } from "../shared/view.js";
import { linesOf } from "./code.js";
import { Controls } from "./controls.js";
import { byId } from "./dom.js";
import { Link } from "./link.js";
import { Progress } from "./progress.js";
import { showRemedies } from "./remedies.js";
import { showLines } from "./repeat.js";
import { say } from "./say.js";
import { showVerdict } from "./verdict.js";

/** From the last move of a slider to what takes long, in milliseconds. */
const PAUSE = 120;

/** In the place of a verdict: what there is, and why. */
type Instead = readonly [what: string, why: string];
const LOOKING: Instead = ["Looking …", ""];
const CANCELLED: Instead = ["Cancelled.", "Change anything to begin again."];

/** Pictures that come with the diagnoses. */
const LATE = ["stages-figure", "sigma-figure"];
const FIGURES = ["running-figure", "magnitudes-figure", ...LATE];

/** Pictures of something else: they are seen again when they are drawn. */
const outdate = (ids: readonly string[]): void => {
  for (const id of ids) byId(id).classList.add("outdated");
};

/** Plot is loaded when there is something to draw. */
const figures = () => import("./figures.js");

export class TensorPage {
  private view: View = viewOf(location.search);
  private file: File | undefined;
  private tensors: readonly string[] = [];
  /** What `tensors` are of. */
  private listed = "";
  private about: About | undefined;
  private diagnoses: (Diagnosis | undefined)[] = [];
  private refused: (string | undefined)[] = [];
  /** Which of the diagnoses are of this view; the others are of the one before. */
  private current: boolean[] = [];
  private instead = LOOKING;
  private result: Values["rest"] | undefined;
  private committed = location.pathname + location.search;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** What can be shown at once has a worker of its own, so that it never waits for the rest. */
  private readonly quick = new Link();
  private readonly thorough = new Link();
  private readonly progress = new Progress("progress", "cancel");
  private readonly controls = new Controls((view, settled) => this.change(view, settled));

  constructor() {
    byId("reset").addEventListener("click", () => this.change(FIRST_VIEW, true));
    byId("undo-changes").addEventListener("click", () =>
      this.change({ ...this.view, scale: 0, before: "nothing", eps: undefined }, true),
    );
    byId("cancel").addEventListener("click", () => this.cancel());
    this.controls.show(this.view, this.tensors, undefined);
    this.clear();
    void this.ask(true);
  }

  /** A file takes the place of whatever there is. */
  open(file: File): void {
    this.file = file;
    this.listed = "";
    const plain = { tensor: "", layer: "auto", axis: undefined, scale: 0, before: "nothing" } as const;
    this.change({ ...this.view, ...plain, source: "file" }, true, true);
  }

  /** The address is another one. */
  goBack(): void {
    this.committed = location.pathname + location.search;
    this.adopt(viewOf(location.search), true, false);
  }

  /** Whether the address is that of what is shown. */
  get isHere(): boolean {
    return this.committed === location.pathname + location.search;
  }

  /** Where what is shown can be seen. */
  get address(): string {
    return location.origin + location.pathname + addressOf(this.view);
  }

  /** undefined until all is diagnosed. */
  get diagnosed(): Values["rest"] | undefined {
    return this.result;
  }

  /** What a report has in its figures; undefined where it was given up. */
  async forReport(): Promise<Values["figures"] | undefined> {
    this.progress.begin();
    const { view, file } = this;
    try {
      return await this.thorough.ask(
        { kind: "figures", view, file },
        { progress: (done) => this.progress.update(done) },
      );
    } finally {
      if (!this.thorough.busy) this.progress.end();
    }
  }

  async npy(): Promise<Values["npy"] | undefined> {
    const { view, file } = this;
    const interrupted = this.quick.busy;
    const found = await this.quick.ask({ kind: "npy", view, file });
    if (interrupted && found) void this.guarded(() => this.askFirst(this.lostGroup()));
    return found;
  }

  /** Shows again what was hidden behind something else. */
  show(): void {
    const { view, about, diagnoses, refused, instead } = this;
    const at = this.chosen;
    byId("tensor-view").classList.toggle("outdated", !about);
    if (!about) {
      byId("about").textContent = view.source === "file" ? (this.file?.name ?? "") : "";
      byId("code").replaceChildren();
    }
    showVerdict(view, { about, diagnoses, refused, instead }, (other) =>
      this.change({ ...view, norm: view.norms[other] }, true),
    );
    showRemedies(view, diagnoses[at], this.thorough.busy, (next) => this.change(next, true));
    const subject = (diagnoses[at] ?? diagnoses.find((each) => each !== undefined))?.subject;
    if (about && subject) showLines(linesOf(view, about, subject));
  }

  private cancel(): void {
    clearTimeout(this.timer);
    for (const link of [this.quick, this.thorough]) link.cancel();
    this.progress.end();
    this.instead = CANCELLED;
    this.diagnoses = this.diagnoses.map((diagnosis, at) => (this.current[at] ? diagnosis : undefined));
    if (!this.result) outdate(LATE);
    this.show();
    // the lines would repeat what was looked at before
    if (this.diagnoses.every((diagnosis) => !diagnosis)) byId("code").replaceChildren();
  }

  /** The place of the norm that is looked at. */
  private get chosen(): number {
    return this.view.norms.findIndex((norm) => normText(norm) === normText(this.view.norm));
  }

  /** @param settled Whether it is worth a place in the history. */
  private change(view: View, settled: boolean, anew = false): void {
    const address = location.pathname + addressOf(view);
    if (settled && address !== this.committed) {
      history.pushState(null, "", address);
      this.committed = address;
    }
    this.adopt(view, settled, anew);
  }

  private adopt(view: View, settled: boolean, anew: boolean): void {
    const before = this.view;
    this.view = view;
    say("");
    const { source, sample, tensor } = before;
    const same = !anew && source === view.source && sample === view.sample && tensor === view.tensor;
    this.controls.show(view, same ? this.tensors : [], this.file?.name);
    const sameNorms = String(view.norms.map(normText)) === String(before.norms.map(normText));
    const looks = same && sameNorms && addressOf({ ...view, norm: before.norm }) === addressOf(before);
    if (looks && settled && (this.result || this.thorough.busy)) {
      this.show();
      void this.guarded(() => this.askFirst(this.lostGroup()));
      return;
    }
    this.instead = LOOKING;
    if (!same) {
      this.about = undefined;
      outdate(FIGURES);
    }
    if (!same || !sameNorms) {
      this.clear();
      this.show();
    }
    this.refused = view.norms.map(() => undefined);
    this.current = view.norms.map(() => false);
    this.result = undefined;
    if (settled) this.thorough.forget();
    // what is moved needs the processor now: a norm of a million numbers would keep it for long
    else this.thorough.cancel();
    void this.ask(settled);
  }

  private clear(): void {
    this.diagnoses = this.view.norms.map(() => undefined);
    this.refused = this.view.norms.map(() => undefined);
  }

  private async ask(settled: boolean): Promise<void> {
    clearTimeout(this.timer);
    if (this.view.source === "file" && !this.file) {
      this.quick.forget();
      this.progress.end();
      this.nothing("Choose a file.", "It is read here, and goes nowhere.");
      return;
    }
    const all = async (): Promise<void> => {
      this.progress.begin();
      if (!(await this.list())) return;
      const first = this.askFirst();
      if (settled) await Promise.all([first, this.askRest()]);
      else this.timer = setTimeout(() => void this.guarded(() => this.askRest()), PAUSE);
      await first;
    };
    await this.guarded(all);
  }

  /** Names of the tensors there are to choose from. @returns false where something else was asked for meanwhile. */
  private async list(): Promise<boolean> {
    const { view, file } = this;
    const key = view.source === "sample" ? `sample ${view.sample}` : view.source;
    if (this.listed === key) return true;
    this.tensors = [];
    this.listed = "";
    if (view.source !== "made") {
      const contents = await this.quick.ask({ kind: "contents", view, file });
      if (!contents) return false;
      this.tensors = contents.tensors;
      this.controls.show(this.view, this.tensors, file?.name);
    }
    this.listed = key;
    return true;
  }

  private async askFirst(group = 0): Promise<void> {
    const { view, file } = this;
    await this.quick.ask({ kind: "first", view, file, group }, { part: (part) => void this.take(part, view) });
  }

  private async askRest(): Promise<void> {
    const { view, file, progress } = this;
    const answer = this.thorough.ask(
      { kind: "rest", view, file },
      { part: (part) => void this.take(part, view), progress: (done) => progress.update(done) },
    );
    const value = await answer;
    if (!value) return;
    progress.end();
    this.result = value;
    this.show();
    const shown = view.norms.flatMap((norm, at) => {
      const diagnosis = this.diagnoses[at];
      return diagnosis?.input.count ? [{ label: normWords(norm), diagnosis }] : [];
    });
    if (shown.length) (await figures()).showStages(shown);
    if (this.lostGroup() && this.result === value) await this.askFirst(this.lostGroup());
  }

  /** The group where the sum is lost first, where that is not the first one. */
  private lostGroup(): number {
    const stages = this.diagnoses[this.chosen]?.stages ?? [];
    const lost = stages.find(({ name, firsts }) => (name === "term" || name === "sum") && firsts.overflow);
    return lost?.firsts.overflow?.group ?? 0;
  }

  /** @param asked The view that it is of. */
  private async take(part: Part, asked: View): Promise<void> {
    switch (part.part) {
      case "about":
        this.about = part.about;
        break;
      case "diagnosis":
        this.diagnoses[part.at] = part.diagnosis;
        this.current[part.at] = true;
        break;
      case "refused":
        this.refused[part.at] = part.reason;
        break;
      default: {
        const { showMagnitudes, showRunning, showSigma } = await figures();
        if (part.part === "magnitudes") showMagnitudes(part.input, part.counted, arithmeticOf(asked).compute);
        else if (part.part === "running") showRunning(part.running);
        else showSigma(part.sweep, part.median, this.about?.groupSize ?? 0);
        return;
      }
    }
    this.show();
  }

  private async guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.quick.forget();
      this.thorough.forget();
      this.progress.end();
      this.listed = "";
      const { message } = error as Error;
      say(message);
      this.nothing("This cannot be diagnosed.", message);
    }
  }

  /** In the place of a verdict. */
  private nothing(what: string, why: string): void {
    this.about = undefined;
    this.instead = [what, why];
    this.clear();
    this.show();
  }
}
