/** A time in which something was wrong, both ends included; `toMs` is open as long as it lasts. */
interface Spell {
  readonly fromMs: number;
  toMs: number;
}

/** When something was wrong. */
export class Trouble {
  readonly #spells: Spell[] = [];

  /** A trouble begins; gives what ends it. */
  begin(nowMs: number): (endMs: number) => void {
    const spell: Spell = { fromMs: nowMs, toMs: Infinity };
    this.#spells.push(spell);
    return (endMs) => {
      spell.toMs = endMs;
    };
  }

  /** Whether any trouble lay between two times. */
  touches(fromMs: number, toMs: number): boolean {
    return this.#spells.some((spell) => spell.fromMs <= toMs && spell.toMs >= fromMs);
  }
}

/** What one worker went through. */
interface Course {
  readonly trouble: Trouble;
  readonly recoveryMs: number;
  readonly isHonest: boolean;
}

/**
 * Which workers were usable when, as the faults were made and not as a server sees it. A worker is usable
 * throughout a time if it is an honest one and, during that time and its recovery before it, it ran (neither
 * crashed, stopped, slow nor ending), nobody had drained it, and none of its connections was cut, blocked or
 * reset.
 */
export class Usability {
  readonly #courses = new Map<string, Course>();

  /**
   * Counts a worker in.
   *
   * @param recoveryMs How long after its last trouble it may still be out of use: the time to miss it, to dial
   * and to greet.
   * @param isHonest Whether it can be relied on at all.
   */
  add(worker: string, recoveryMs: number, isHonest: boolean): void {
    this.#courses.set(worker, { trouble: new Trouble(), recoveryMs, isHonest });
  }

  /** A trouble of a worker begins; gives what ends it. */
  begin(worker: string, nowMs: number): (endMs: number) => void {
    return this.#courses.get(worker)?.trouble.begin(nowMs) ?? (() => {});
  }

  /** Whether one and the same worker was usable from one time to another. */
  during(fromMs: number, toMs: number): boolean {
    for (const { trouble, recoveryMs, isHonest } of this.#courses.values()) {
      if (isHonest && !trouble.touches(fromMs - recoveryMs, toMs)) return true;
    }
    return false;
  }

  /** How many workers were not usable throughout a time. */
  troubled(fromMs: number, toMs: number): number {
    let count = 0;
    for (const { trouble, recoveryMs } of this.#courses.values()) {
      if (trouble.touches(fromMs - recoveryMs, toMs)) count++;
    }
    return count;
  }
}
