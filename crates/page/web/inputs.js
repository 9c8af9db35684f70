// What the reader opened, and which part each file plays.

import { hex, textOf } from './bytes.js';
import { POLICY_BYTES_MAX } from './policy.js';

const HEAD_BYTES = 4096;

/** The bundle, the policy and the files beside it. */
export class Inputs {
  bundle = null;
  policy = null;
  files = new Map();

  /** Whether there is enough to check. */
  get isComplete() {
    return this.bundle !== null && this.policy !== null;
  }

  /** Forgets everything. */
  clear() {
    this.bundle = null;
    this.policy = null;
    this.files.clear();
  }

  /** Takes the files that stand beside the bundle. One with a name that is already there takes its place. */
  addFiles(files) {
    for (const file of files) {
      this.files.set(file.name, file);
    }
  }

  /** Takes files that were dropped: which is the bundle and which the policy shows in what they hold. Gives what was odd. */
  async addDropped(files) {
    const roles = await Promise.all(files.map(roleOf));
    const having = (role) => files.filter((_, at) => roles[at] === role);
    const [bundles, policies] = [having('bundle'), having('policy')];
    if (bundles.length > 1 || policies.length > 1) {
      const what = bundles.length > 1 ? 'bundle' : 'policy';
      return `More than one of these files looks like a ${what}. Choose the right one with its button.`;
    }
    this.bundle = bundles[0] ?? this.bundle;
    this.policy = policies[0] ?? this.policy;
    this.addFiles(having('file'));
    return '';
  }
}

/** A file whole, or one byte more than may be, so that it is refused for its size. */
export async function readWhole(crypto, file, max) {
  const bytes = new Uint8Array(await file.slice(0, max + 1).arrayBuffer());
  const digest = bytes.length === file.size ? `SHA-256 ${hex(await crypto.sha256(bytes))}` : 'too large to be read whole';
  return { bytes, name: file.name, size: file.size, digest };
}

/** What a dropped file is. Whatever is taken for a bundle or a policy is then read strictly. */
async function roleOf(file) {
  const head = textOf(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer())) ?? '';
  if (/^\s*\{\s*"format"\s*:\s*"witnessmark-bundle/.test(head)) {
    return 'bundle';
  }
  if (file.size <= POLICY_BYTES_MAX && /^[ \t]*(?:log|quorum)[ \t]/m.test(head) && !head.startsWith('{')) {
    return 'policy';
  }
  return 'file';
}
