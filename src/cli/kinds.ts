/**
 * The kinds of values that flags take, but for quantities (quantities.ts) and operands (numbers.ts).
 *
 * @module
 */

import type { Address } from "../protocol/machine.ts";
import {
  formatAddress,
  isSameAddress,
  MAX_PORT,
  parseAddress,
  parseHost,
} from "../protocol/address.ts";
import type { Conversion, Kind } from "./flags.ts";
import { didYouMean, listWords } from "./texts.ts";

/** Whole numbers between two bounds, both included. */
export interface WholeNumberBounds {
  /** The smallest value accepted. */
  readonly min: number;
  /** The largest value accepted. */
  readonly max: number;
}

/** What `--local` means without a number: as many as the machine has cores. */
export const CORES = "cores";

/** What the rewriter gives a switch as its value, since `--flag=value` is its only form. */
export const ON = "true";

/** A name or an IP address; the value has no brackets. */
export const host: Kind<string> = {
  arity: "one",
  valueName: "HOST",
  expectedInConfig: "a text: a host name or an IP address",
  readText: parseHost,
  configToText: asText,
};

/** A text of at most so many characters, none of them a control character. */
export function shortText(maxCharacters: number, valueName: string): Kind<string> {
  return {
    arity: "one",
    valueName,
    expectedInConfig: `a text of 1 to ${maxCharacters} characters`,
    readText(text) {
      const isFit = text !== "" && text.length <= maxCharacters && !/\p{Cc}/u.test(text);
      if (isFit) return { value: text };
      return { problem: `is not a text of 1 to ${maxCharacters} printable characters` };
    },
    configToText: asText,
  };
}

/** The path of a file. */
export const path: Kind<string> = {
  arity: "one",
  valueName: "FILE",
  expectedInConfig: "a text: the path of a file",
  readText: (text) =>
    text.includes("\0") ? { problem: "is not the path of a file" } : { value: text },
  configToText: asText,
};

/** On or off; it takes no value on a command line. */
export const toggle: Kind<boolean> = {
  arity: "none",
  valueName: "",
  expectedInConfig: "true or false",
  readText: (text) => ({ value: text === ON }),
  configToText: (value) => typeof value === "boolean" ? String(value) : undefined,
};

/** A TCP port; `min` is 0 where a free one may be taken. */
export function port(min: 0 | 1): Kind<number> {
  return { ...wholeNumber({ min, max: MAX_PORT }), valueName: "PORT" };
}

/** A whole number. */
export function wholeNumber(bounds: WholeNumberBounds): Kind<number> {
  const expected = `a whole number from ${bounds.min} to ${bounds.max}`;
  return {
    arity: "one",
    valueName: "N",
    expectedInConfig: expected,
    readText: (text) => readWholeNumber(text, bounds, expected),
    configToText: (value) => typeof value === "number" ? String(value) : undefined,
  };
}

/** A whole number that may be left out, for "as many as there are cores". */
export function numberOrCores(bounds: WholeNumberBounds): Kind<number | typeof CORES> {
  const number = wholeNumber(bounds);
  return {
    arity: "optional",
    valueName: "N",
    expectedInConfig: `true, false or ${number.expectedInConfig}`,
    readText: (text) => text === CORES ? { value: CORES } : number.readText(text),
    configToText: (value) => value === true ? CORES : number.configToText(value),
  };
}

/** One of a few words. */
export function choice<const Word extends string>(
  words: readonly Word[],
  valueName: string,
): Kind<Word> {
  const expected = listWords(words, "or");
  return {
    arity: "one",
    valueName,
    expectedInConfig: `one of the texts ${expected}`,
    readText(text) {
      const word = words.find((candidate) => candidate === text);
      if (word !== undefined) return { value: word };
      return { problem: `is not known: expected ${expected}${didYouMean(text, words)}` };
    },
    configToText: asText,
  };
}

/** Any number of addresses of peers, no two the same. */
export const addressList: Kind<readonly Address[]> = {
  arity: "many",
  valueName: "HOST:PORT...",
  expectedInConfig: 'a text or an array of texts, each an address such as "lab1:6001"',
  readText: readAddressList,
  configToText(value) {
    if (typeof value === "string") return value;
    const isArrayOfTexts = Array.isArray(value) && value.every((one) => typeof one === "string");
    return isArrayOfTexts ? value.join(",") : undefined;
  },
};

/** The entries of a list, which commas and spaces separate. */
export function splitList(text: string): string[] {
  return text.split(/[\s,]+/).filter((entry) => entry !== "");
}

function readAddressList(text: string): Conversion<readonly Address[]> {
  const addresses: Address[] = [];
  for (const part of splitList(text)) {
    const reading = parseAddress(part);
    if ("problem" in reading) return { problem: reading.problem, part };
    if (addresses.some((address) => isSameAddress(address, reading.value))) {
      return { problem: "is named twice", part: formatAddress(reading.value) };
    }
    addresses.push(reading.value);
  }
  return { value: addresses };
}

function readWholeNumber(
  text: string,
  bounds: WholeNumberBounds,
  expected: string,
): Conversion<number> {
  if (!/^[+-]?\d+$/.test(text)) return { problem: `is not a whole number: expected ${expected}` };
  const value = Number(text);
  return value >= bounds.min && value <= bounds.max
    // The sum makes 0 of the -0 that "-0" is read as.
    ? { value: value + 0 }
    : { problem: `is out of range: expected ${expected}` };
}

/** Whether a path names a file: `-` names stdin or stdout, and so do the names that Unix has for them. */
export function isFile(path: string | undefined, standard: string): path is string {
  return path !== undefined && path !== "-" && path !== standard;
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
