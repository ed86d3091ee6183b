/** The processes that a process has started and that have not ended, on Linux; elsewhere none is found. */
export async function childrenOf(pid: number): Promise<number[]> {
  const children: number[] = [];
  try {
    for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
      const text = await Deno.readTextFile(`/proc/${pid}/task/${name}/children`);
      children.push(...text.trim().split(" ").filter((word) => word !== "").map(Number));
    }
  } catch (error) {
    // It, or one of its threads, has just ended.
    if (!(error instanceof Deno.errors.NotFound || isNoProcess(error))) throw error;
  }
  return children.sort((one, other) => one - other);
}

/** Whether a process has ended; one that nobody has looked after yet has. */
export async function isGone(pid: number): Promise<boolean> {
  try {
    return /^State:\s+Z/m.test(await Deno.readTextFile(`/proc/${pid}/status`));
  } catch {
    return true;
  }
}

/** The system's own word for a process that ends while one reads of it. */
function isNoProcess(error: unknown): boolean {
  return error instanceof Error && /no such process/i.test(error.message);
}
