import type { Context } from "../scenarios/scenario.ts";
import type { Measures } from "../measure/rounds.ts";

/** Something that a user would pick instead of us. */
export interface Peer {
  /** The subject's name in figures. */
  readonly name: string;
  /** What it is, with its version where it says so. */
  readonly title: string;
  /**
   * Starts it, measures it, ends it. Gives `p50` and `p99` of one addition in flight in milliseconds, and
   * `per_second`, additions a second by plain calls at the best of a few settings.
   */
  measure(context: Context): Promise<Measures>;
}

/** A peer, or why there is none. */
export type Found<P = Peer> = { readonly peer: P } | { readonly missing: string };

/** Which peers were asked for, and places for those that are there and those that are not. */
export interface PeerOptions {
  readonly daskEnvironment: string | undefined;
  readonly rayEnvironment: string | undefined;
  /** Takes the title of each peer that is measured, by its name. */
  readonly found: Record<string, string>;
  /** Takes why a peer is not measured. */
  readonly missing: string[];
}

/** The peers that are there; the others are noted as missing. */
export function present<P extends Pick<Peer, "name" | "title">>(
  all: readonly Found<P>[],
  options: PeerOptions,
): P[] {
  return all.flatMap((one) => {
    if ("missing" in one) {
      // Every scenario looks for them.
      if (!options.missing.includes(one.missing)) options.missing.push(one.missing);
      return [];
    }
    options.found[one.peer.name] = one.peer.title;
    return [one.peer];
  });
}
