/**
 * Follows a running generation by asking for it again and again.
 *
 * The server holds each call for some seconds, so calls follow one another at once; where answers
 * come quickly all the same, and where none come, the pauses grow.
 */

"use strict";

const LONG_ANSWER_MS = 4000;
const SHORTEST_PAUSE_MS = 500;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15000;
const PAUSE_GROWTH = 1.6;
const FAILURES_SHOWN = 2;
const FAILURES_MAX = 6;

/**
 * @typedef {object} Follower
 * @property {(id: string, signal: AbortSignal) => Promise<Outcome>} ask
 * @property {(generation: Generation) => void} onAnswer
 * @property {() => void} onGone The server does not know the generation, or not any more.
 * @property {(reason: string) => void} onTrouble Asking has failed more than once; it goes on.
 * @property {(reason: string) => void} onGivenUp
 */

class Watch {
  /** @param {Follower} follower */
  constructor(follower) {
    this.follower = follower;
    this.stopping = new AbortController();
    /** @type {number | undefined} */
    this.timer = undefined;
    /** @type {(() => void) | undefined} */
    this.wake = undefined;
  }

  /** Ask no more, and take back what is being asked. */
  stop() {
    this.stopping.abort();
    clearTimeout(this.timer);
    this.wake?.();
  }

  /** @param {string} id Of the generation to follow until it is final or the watch is stopped. */
  async follow(id) {
    const { signal } = this.stopping;
    let failures = 0;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      const beganMs = Date.now();
      const answer = await this.ask(id);
      if (signal.aborted) return;
      if (answer.generation) {
        failures = 0;
        this.follower.onAnswer(answer.generation);
        if (isFinal(answer.generation.status)) return;
        const held = Date.now() - beganMs >= LONG_ANSWER_MS;
        pauseMs = held ? SHORTEST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, pauseMs * PAUSE_GROWTH);
      } else if (answer.gone) {
        this.follower.onGone();
        return;
      } else {
        failures += 1;
        if (failures >= FAILURES_MAX) {
          this.follower.onGivenUp(answer.reason);
          return;
        }
        if (failures >= FAILURES_SHOWN) this.follower.onTrouble(answer.reason);
        pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
      }
      await this.pause(pauseMs);
    }
  }

  /**
   * @param {string} id
   * @returns {Promise<{generation?: Generation, gone?: boolean, reason: string}>}
   */
  async ask(id) {
    try {
      const outcome = await this.follower.ask(id, this.stopping.signal);
      if (outcome.kind === "generation") return { generation: outcome.generation, reason: "" };
      const reason = outcome.kind === "refusal" ? outcome.message : outcome.text;
      return { gone: reason.startsWith("generation not found"), reason };
    } catch (error) {
      return { reason: error instanceof Error ? error.message : String(error) };
    }
  }

  /**
   * Wait, and longer while nobody can see the page.
   *
   * @param {number} ms
   * @returns {Promise<void>}
   */
  pause(ms) {
    return new Promise((resolve) => {
      this.wake = resolve;
      this.timer = setTimeout(() => {
        if (!document.hidden) resolve();
        else document.addEventListener("visibilitychange", () => resolve(), { once: true });
      }, ms);
    });
  }
}
