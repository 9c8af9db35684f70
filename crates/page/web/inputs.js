// What the reader opened, and which part each file plays.

import { hex, textOf } from './bytes.js';
import { POLICY_BYTES_MAX } from './policy.js';

const HEAD_BYTES = 4096;

/** The bundle, or a file of misbehaviour in its place; the policy; the files beside it; and a checkpoint kept from before. */
export class Inputs {
  bundle = null;
  policy = null;
  kept = null;
  allowOlder = false;
  files = new Map();

  /** Whether there is enough to check. */
  get isComplete() {
    return this.bundle !== null && this.policy !== null;
  }

  /** Forgets everything. */
  clear() {
    this.bundle = null;
    this.policy = null;
    this.kept = null;
    this.allowOlder = false;
    this.files.clear();
  }

  /** Takes the files that stand beside the bundle. One with a name that is already there takes its place. */
  addFiles(files) {
    for (const file of files) {
      this.files.set(file.name, file);
    }
  }

  /** Takes files that were dropped: what each is shows in what it holds. Gives what was odd. */
  async addDropped(files) {
    const roles = await Promise.all(files.map(roleOf));
    const having = (role) => files.filter((_, at) => roles[at] === role);
    for (const role of ['bundle', 'policy', 'checkpoint']) {
      if (having(role).length > 1) {
        return `More than one of these files looks like a ${role}. Choose the right one with its button.`;
      }
    }
    this.bundle = having('bundle')[0] ?? this.bundle;
    this.policy = having('policy')[0] ?? this.policy;
    this.kept = having('checkpoint')[0] ?? this.kept;
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

/** The first lines of a checkpoint, whether it is signed or not. */
const CHECKPOINT = /^\S+\n[0-9]+\n[A-Za-z0-9+/]{43}=(?:\n|$)/;

/** What a dropped file is. Whatever is taken for more than a file beside the bundle is then read strictly. */
async function roleOf(file) {
  const head = textOf(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer())) ?? '';
  if (/^\s*\{\s*"format"\s*:\s*"witnessmark-(?:bundle|misbehaviour)/.test(head)) {
    return 'bundle';
  }
  if (file.size <= POLICY_BYTES_MAX && /^[ \t]*(?:log|quorum)[ \t]/m.test(head) && !head.startsWith('{')) {
    return 'policy';
  }
  return CHECKPOINT.test(head) || /(?:^|\.)checkpoint$/.test(file.name) ? 'checkpoint' : 'file';
}
