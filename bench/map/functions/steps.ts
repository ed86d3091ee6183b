/** What a job says about its items. */
interface Context {
  readonly args: {
    /** Steps an item. */
    readonly steps: number;
    /** The item that takes all memory there is; 0 for none. */
    readonly poison: number;
  };
}

/** So many steps of Marsaglia's xorshift generator of 32 bits, which begins with the item. */
export function map(item: number, { args }: Context): number {
  if (item === args.poison) takeAllMemory();
  return stepped(item, args.steps);
}

/** The sum of what so many steps an item give, without their higher digits. */
export function mapRange(first: number, last: number, { args }: Context): number {
  let sum = 0;
  for (let item = first; item <= last; item++) sum += stepped(item, args.steps) % 1000;
  return sum;
}

function stepped(start: number, steps: number): number {
  let value = start | 0;
  for (let step = 0; step < steps; step++) {
    // Nothing here leaves 32 bits, so all of V8's compilers make the same of it: a sum that does took 1.4 to 5.7 ns.
    value ^= value << 13;
    value ^= value >>> 17;
    value ^= value << 5;
  }
  return value >>> 0;
}

function takeAllMemory(): never {
  const taken: Uint8Array[] = [];
  while (true) taken.push(new Uint8Array(16 * 1024 * 1024).fill(1));
}
