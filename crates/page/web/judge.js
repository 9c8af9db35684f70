// What the reader opened, judged as what it is: a bundle, or a file of misbehaviour.

import { BUNDLE_BYTES_MAX } from './bundle.js';
import { judgeMisbehaviour } from './convict.js';
import { readWhole } from './inputs.js';
import { isMisbehaviour } from './misbehaviour.js';
import { NOTE_BYTES_MAX } from './note.js';
import { POLICY_BYTES_MAX } from './policy.js';
import { verifyBundle } from './verify.js';
import { showVerdict } from './view.js';
import { showFinding } from './view_finding.js';

/** The answer on what is opened now, and the elements that show it. `onProgress` is told as by `verifyBundle`. */
export async function judge(crypto, inputs, onProgress = () => {}) {
  const files = new Map(inputs.files);
  const [bundle, policy, kept] = [
    await readWhole(crypto, inputs.bundle, BUNDLE_BYTES_MAX),
    await readWhole(crypto, inputs.policy, POLICY_BYTES_MAX),
    inputs.kept === null ? null : await readWhole(crypto, inputs.kept, NOTE_BYTES_MAX),
  ];
  if (isMisbehaviour(bundle.bytes)) {
    const finding = await judgeMisbehaviour(crypto, { file: bundle.bytes, policy: policy.bytes });
    const unused = [...(kept === null ? [] : [kept.name]), ...files.keys()];
    const opened = { judged: { role: 'accusation', ...bundle }, policy, kept: null, unused };
    return { answer: finding, shown: showFinding(finding, opened) };
  }
  const since = kept === null ? null : { note: kept.bytes, allowOlder: inputs.allowOlder };
  const open = (name) => files.get(name) ?? null;
  const verdict = await verifyBundle(crypto, { bundle: bundle.bytes, policy: policy.bytes, files: open, since, onProgress });
  const opened = { judged: { role: 'bundle', ...bundle }, policy, kept, files: [...files.keys()] };
  return { answer: verdict, shown: showVerdict(verdict, opened) };
}
