/** Images of 8 × 8 pixels with a class of ten: the digits from a file, or a synthetic set; splits and label noise. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { normal } from "../harness/data.mjs";
import { random } from "../harness/harness.mjs";
import { mean, spread } from "./summary.mjs";

export const PIXELS = 64;
export const CLASSES = 10;
/** Images of the training part: ten batches of 128. */
const TRAINING = 1280;
/** SHA-256 of the pixels and labels of the 1,797 digits. */
const DIGITS = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826";
const SIDE = 8;
const BRIGHTEST = 16;

/**
 * @typedef {object} Dataset
 * @property {string} name
 * @property {Uint8Array} pixels [images, 64], from 0 to 16
 * @property {Uint8Array} labels [images], from 0 to 9
 *
 * @typedef {object} Part
 * @property {Float32Array} x [images, 64], of mean 0 and standard deviation 1 over all pixels to train with
 * @property {Uint8Array} labels
 */

/**
 * The images of a file with a line for each: 64 integers from 0 to 16 and the class, separated by commas.
 * @param {string} path
 * @returns {Dataset}
 */
export function readDataset(path) {
  const lines = readFileSync(path, "utf8").trim().split(/\r?\n/);
  const pixels = new Uint8Array(lines.length * PIXELS);
  const labels = new Uint8Array(lines.length);
  for (const [i, line] of lines.entries()) {
    const numbers = line.split(",").map(Number);
    const label = numbers[PIXELS];
    const fits = numbers.every((v) => Number.isInteger(v) && v >= 0 && v <= BRIGHTEST);
    if (numbers.length !== PIXELS + 1 || !fits || label >= CLASSES) {
      throw new RangeError(
        `${path}, line ${i + 1}: expected 64 integers from 0 to 16 and a class from 0 to 9, got "${line.slice(0, 40)}"`,
      );
    }
    pixels.set(numbers.slice(0, PIXELS), i * PIXELS);
    labels[i] = label;
  }
  if (lines.length <= TRAINING) {
    throw new RangeError(`${path}: expected more than ${TRAINING} lines, got ${lines.length}`);
  }
  const hash = createHash("sha256").update(pixels).update(labels).digest("hex");
  const source =
    hash === DIGITS ? "the handwritten digits (UCI `optdigits.tes`, scikit-learn `load_digits`)" : basename(path);
  return { name: `${lines.length.toLocaleString("en")} images, ${source}`, pixels, labels };
}

/**
 * 1,797 images: each class has three shapes, each of three strokes; an image is one of them, shifted, slanted and
 * with noise.
 * @returns {Dataset}
 */
export function syntheticDataset() {
  const images = 1797;
  const next = random(1803);
  const noise = normal(images * PIXELS, 1814, 1.5);
  const shapes = Array.from({ length: CLASSES * 3 }, () =>
    Array.from({ length: 3 }, () => Array.from({ length: 4 }, () => 1 + 5 * next())),
  );
  const pixels = new Uint8Array(images * PIXELS);
  const labels = new Uint8Array(images);
  for (let i = 0; i < images; i++) {
    labels[i] = i % CLASSES;
    const strokes = shapes[labels[i] * 3 + Math.floor(3 * next())];
    const [right, down, slant] = [1.6 * next() - 0.8, 1.6 * next() - 0.8, 0.4 * next() - 0.2];
    for (let p = 0; p < PIXELS; p++) {
      const y = Math.floor(p / SIDE) - down;
      const x = (p % SIDE) - right - slant * (y - 3.5);
      const near = Math.min(...strokes.map((stroke) => squaredDistance(x, y, stroke)));
      const value = BRIGHTEST * Math.exp(-near) + noise[i * PIXELS + p];
      pixels[i * PIXELS + p] = Math.min(Math.max(Math.round(value), 0), BRIGHTEST);
    }
  }
  return { name: "1,797 synthetic images", pixels, labels };
}

/**
 * From a point to a segment.
 * @param {number} x
 * @param {number} y
 * @param {number[]} segment
 */
function squaredDistance(x, y, [x0, y0, x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy);
  const t = Math.min(Math.max(along, 0), 1);
  return (x - x0 - t * dx) ** 2 + (y - y0 - t * dy) ** 2;
}

/**
 * 0 to n - 1 in random order (Fisher and Yates).
 * @param {number} n
 * @param {() => number} next
 */
export function shuffled(n, next) {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor((i + 1) * next());
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/**
 * The images at `order`.
 * @param {Dataset} dataset
 * @param {Uint32Array} order
 * @returns {Part}
 */
function part({ pixels, labels }, order) {
  const x = new Float32Array(order.length * PIXELS);
  for (const [to, from] of order.entries()) x.set(pixels.subarray(from * PIXELS, (from + 1) * PIXELS), to * PIXELS);
  return { x, labels: Uint8Array.from(order, (from) => labels[from]) };
}

/**
 * 1,280 images to train with and the others to test, divided at random; the share `noise` of the labels to train with
 * is replaced by another class each.
 * @param {Dataset} dataset
 * @param {() => number} next
 * @param {number} [noise]
 */
export function divided(dataset, next, noise = 0) {
  const order = shuffled(dataset.labels.length, next);
  const training = part(dataset, order.subarray(0, TRAINING));
  const test = part(dataset, order.subarray(TRAINING));
  const [centre, scale] = [mean(training.x), spread(training.x)];
  for (const { x } of [training, test]) for (let i = 0; i < x.length; i++) x[i] = (x[i] - centre) / scale;
  for (let i = 0; i < Math.round(noise * TRAINING); i++) {
    training.labels[i] = (training.labels[i] + 1 + Math.floor((CLASSES - 1) * next())) % CLASSES;
  }
  return { training, test };
}
