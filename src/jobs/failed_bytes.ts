/** What a message costs beside its texts, in bytes. */
const MESSAGE_BYTES = 256;

/** The texts of a `failed` message. */
export interface FailureTexts {
  readonly error: string;
  readonly stack?: string | undefined;
  readonly item?: string | undefined;
}

/**
 * What a `failed` message costs of its chunk's credit, in bytes: like results, failures wait at every hop for
 * whoever reads them.
 */
export function failedBytes({ error, stack = "", item = "" }: FailureTexts): number {
  return MESSAGE_BYTES + error.length + stack.length + item.length;
}
