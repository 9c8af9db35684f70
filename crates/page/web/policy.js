// The trust policy: whose checkpoints are believed, and which witnesses must have seen them (FORMAT section 9, C2SP tlog-policy).

import { Fault, decimal, fail, hex, lines, textOf, utf8 } from './bytes.js';
import { TYPE_LOG, TYPE_WITNESS, cosignatureTime, isBy, isSameKey, parseCheckpoint, parseVerifierKey } from './note.js';
import { quote } from './show.js';
import { Unclear } from './steps.js';

export const POLICY_BYTES_MAX = 100_000;

/** A name of a policy that always stands for no quorum. */
const NONE = 'none';

class PolicyParser {
  #crypto;
  policy = { logs: [], witnesses: [], members: new Map(), quorum: undefined };
  #inGroup = new Set();

  constructor(crypto) {
    this.#crypto = crypto;
  }

  async line(line) {
    const [word, ...items] = line.split(/[ \t]+/).filter((item) => item !== '');
    if (word === undefined || word.startsWith('#')) {
      return undefined;
    }
    switch (word) {
      case 'log':
        return this.#log(items);
      case 'witness':
        return this.#witness(items);
      case 'group':
        return this.#group(items);
      case 'quorum':
        return this.#quorum(items);
      default:
        return fail('a line begins with an unknown word');
    }
  }

  end() {
    if (this.policy.quorum === undefined) {
      fail('there is no quorum line');
    }
    if (this.policy.logs.length === 0) {
      fail('there is no log line');
    }
    return this.policy;
  }

  async #key(text, type) {
    const key = await parseVerifierKey(this.#crypto, text);
    if (key.type !== type) {
      fail('a key is of another type than its line asks for');
    }
    const isKnown = (other) => isSameKey(other, key) || isBy(other, key);
    if ([...this.policy.logs, ...this.policy.witnesses].some(isKnown)) {
      fail('the same public key, or the same name and key id, is there twice');
    }
    return key;
  }

  async #log(items) {
    if (items.length < 1 || items.length > 2) {
      fail('a log line has a wrong number of items');
    }
    this.policy.logs.push(await this.#key(items[0], TYPE_LOG));
  }

  async #witness(items) {
    if (items.length < 2 || items.length > 3) {
      fail('a witness line has a wrong number of items');
    }
    const name = this.#newName(items[0]);
    this.policy.witnesses.push({ label: name, ...(await this.#key(items[1], TYPE_WITNESS)) });
    this.policy.members.set(name, null);
  }

  #group([newName, threshold, ...members]) {
    if (members.length < 1) {
      fail('a group line has too few items');
    }
    const name = this.#newName(newName);
    for (const member of members) {
      if (!this.policy.members.has(member)) {
        fail('a group has a member that was not defined before');
      }
      if (this.#inGroup.has(member)) {
        fail('a name is a member twice');
      }
      this.#inGroup.add(member);
    }
    this.policy.members.set(name, { needed: thresholdOf(threshold, members.length), members });
  }

  #quorum(items) {
    if (items.length !== 1 || this.policy.quorum !== undefined) {
      fail('there is not exactly one quorum line with one name');
    }
    const [name] = items;
    if (name !== NONE && !this.policy.members.has(name)) {
      fail('the quorum was not defined before');
    }
    this.policy.quorum = name === NONE ? null : name;
  }

  #newName(name) {
    if (name === NONE || this.policy.members.has(name)) {
      fail('a name is defined twice');
    }
    return name;
  }
}

function thresholdOf(text, members) {
  if (text === 'any') {
    return 1;
  }
  if (text === 'all') {
    return members;
  }
  const number = decimal(text);
  return number !== null && number >= 1n && number <= BigInt(members)
    ? Number(number)
    : fail('the threshold of a group does not fit its members');
}

/** Reads the text of a policy. */
export async function parsePolicy(crypto, text) {
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) {
    fail('it holds a control character');
  }
  const parser = new PolicyParser(crypto);
  for (const line of text === '' ? [] : lines(text)) {
    await parser.line(line);
  }
  return parser.end();
}

/** The check `policy`: what a file of a policy says. One that cannot be read is no fault of what is judged by it. */
export async function readPolicy(crypto, bytes) {
  if (bytes.length > POLICY_BYTES_MAX) {
    throw new Unclear(`the policy file is larger than ${POLICY_BYTES_MAX} bytes`);
  }
  const text = textOf(bytes);
  if (text === null) {
    throw new Unclear('the policy file is not UTF-8 text');
  }
  try {
    const policy = await parsePolicy(crypto, text);
    const sha256 = hex(await crypto.sha256(bytes));
    return [{ policy, sha256 }, `trusts ${logNames(policy)}, SHA-256 ${sha256}`];
  } catch (error) {
    throw error instanceof Fault ? new Unclear(`the policy file cannot be read: ${error.message}`) : error;
  }
}

/** The logs of a policy, in words. */
export function logNames(policy) {
  return policy.logs.map((log) => quote(log.name)).join(', ');
}

/** The checkpoint of a note, if a log of the policy signed it. */
export async function checkLog(crypto, policy, note) {
  const checkpoint = parseCheckpoint(note.text);
  if (!policy.logs.some((log) => log.name === checkpoint.origin)) {
    throw new Unclear(`not this ledger: no log of the policy signed the checkpoint; the policy trusts ${logNames(policy)}`);
  }
  let isSigned = false;
  for (const signature of note.signatures) {
    const log = policy.logs.find((key) => isBy(signature, key));
    if (log !== undefined) {
      if (!(await crypto.verify(log.publicKey, utf8(note.text), signature.signature))) {
        fail('the signature of the log does not fit the checkpoint');
      }
      isSigned ||= log.name === checkpoint.origin;
    }
  }
  return isSigned ? checkpoint : fail('the log did not sign the checkpoint');
}

/** The witnesses of the policy that signed a note, in the policy's order, each with the first of its times, in seconds; and by when
 * its quorum was met, or null when it asks for none. */
export async function checkWitnesses(crypto, policy, note) {
  const cosigned = [];
  for (const witness of policy.witnesses) {
    const times = [];
    for (const { signature } of note.signatures.filter((it) => isBy(it, witness))) {
      const time = await cosignatureTime(crypto, witness, note.text, signature);
      times.push(time ?? fail('a cosignature of a witness does not fit the checkpoint'));
    }
    if (times.length > 0) {
      cosigned.push({ label: witness.label, name: witness.name, time: times.reduce((first, time) => (time < first ? time : first)) });
    }
  }
  const witnessed = policy.quorum === null ? null : metAt(policy, new Map(cosigned.map(({ label, time }) => [label, time])));
  if (witnessed === undefined) {
    fail('the witnesses that the policy asks for have not all signed');
  }
  return { cosigned, witnessed };
}

/** The witnesses that a policy asks for, in words, or null. */
export function quorumWords({ quorum, members }) {
  if (quorum === null) {
    return null;
  }
  const group = members.get(quorum);
  return group === null
    ? `witness ${quorum}`
    : `${group.needed} of ${group.members.length} in group ${quorum}: ${group.members.join(', ')}`;
}

/** By when the quorum was met: the least time at which those who had signed by then are enough; undefined when they never are. A
 * group stands behind its members, so each is decided when its turn comes. */
function metAt({ members, quorum }, times) {
  const met = new Map();
  for (const [name, group] of members) {
    const at = group === null ? times.get(name) : nth(group.members.map((it) => met.get(it)), group.needed);
    if (at !== undefined) {
      met.set(name, at);
    }
  }
  return met.get(quorum);
}

/** The n-th earliest of the times that there are. */
function nth(times, needed) {
  const there = times.filter((it) => it !== undefined);
  there.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return there[needed - 1];
}
