import { pairedRatio, type Spread, spreadOf } from "./statistics.ts";

/** Units of figures. */
export type Unit =
  | "ms"
  | "us"
  | "/s"
  | "MB"
  | "bytes"
  | "count"
  | "ratio"
  | "share";

/** Something that was measured, for each subject as often as there were rounds. */
export interface Figure {
  /** Its name for programs: the scenario, then what varies, then what was measured. */
  readonly key: string;
  /** Its name for people. */
  readonly title: string;
  readonly unit: Unit;
  /** By subject: `floor`, `sources`, `executables`, or a peer. In the order of the rounds. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
}

/** The subject that others are compared with. */
export const FLOOR = "floor";

/** Median and quartiles for a subject; `undefined` if it was not measured. */
export function spreadFor(figure: Figure, subject: string): Spread | undefined {
  const samples = figure.samples[subject];
  return samples === undefined || samples.length === 0 ? undefined : spreadOf(samples);
}

/** A subject against the floor, round by round; `undefined` where one of the two is missing. */
export function ratioToFloor(figure: Figure, subject: string): number | undefined {
  const { [FLOOR]: floor, [subject]: samples } = figure.samples;
  if (floor === undefined || samples === undefined || subject === FLOOR) return undefined;
  const ratio = floor.length === samples.length && floor.length > 0
    ? pairedRatio(samples, floor)
    : NaN;
  return Number.isFinite(ratio) ? ratio : undefined;
}

/** Digits of a figure that mean something. */
export const DIGITS = 3;

/** A number with the digits that mean something, or with more if that is said. */
export function formatNumber(value: number, digits: number = DIGITS): string {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  if (size >= 1000) {
    return value.toLocaleString("en-US", { maximumFractionDigits: digits - DIGITS });
  }
  return size === 0 ? "0" : String(Number(value.toPrecision(digits)));
}
