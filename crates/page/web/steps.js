// Checks in their order: the first that fails decides, and those after it are not made.

import { Fault } from './bytes.js';

/** Something is missing, or not known to this software, so that nobody can tell. */
export class Unclear extends Error {}

/** A check failed: the ones after it are not made. */
class Stopped extends Error {}

/** An answer in the making. It is positive only when every check was recorded as passed. */
export class Answer {
  #isOpen = true;

  constructor(names) {
    this.checks = names.map((name) => ({ name, outcome: 'skipped', detail: '' }));
  }

  /** Notes that the next check passed. */
  pass(name, detail) {
    const check = this.checks.find((it) => it.outcome !== 'passed');
    if (check?.name !== name || check.outcome !== 'skipped') {
      throw new Error(`the check ${name} is out of order`);
    }
    Object.assign(check, { outcome: 'passed', detail });
  }

  /** Notes that a check failed, or that it cannot be made. The first failure decides. */
  fail(name, isOpen, detail) {
    if (this.failed === null) {
      const check = this.checks.find((it) => it.name === name);
      Object.assign(check, { outcome: 'failed', detail });
      this.#isOpen = isOpen;
    }
  }

  /** The check that failed, or null. */
  get failed() {
    return this.checks.find((check) => check.outcome === 'failed') ?? null;
  }

  /** Whether a check failed, and not for want of something. */
  get isRefused() {
    return this.failed !== null && !this.#isOpen;
  }

  /** Whether every check passed. */
  get isPassed() {
    return this.checks.every((check) => check.outcome === 'passed');
  }
}

/** Makes one check of an answer. `make` gives what it found and its detail. */
export async function check(answer, name, make) {
  try {
    const [found, detail] = await make();
    answer.pass(name, detail);
    return found;
  } catch (error) {
    const isFault = error instanceof Fault;
    // A mistake of this program shows nothing about the evidence.
    const detail = isFault || error instanceof Unclear ? error.message : `this page failed: ${error?.message ?? error}`;
    answer.fail(name, !isFault, detail);
    throw new Stopped();
  }
}

/** Makes checks until one of them fails. */
export async function untilStopped(checks) {
  try {
    await checks();
  } catch (error) {
    if (!(error instanceof Stopped)) {
      throw error;
    }
  }
}
