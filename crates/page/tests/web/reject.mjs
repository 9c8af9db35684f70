// Judges the cases of the must-reject list as a reader would who opens their files in the page: see tests/differential/reject.rs.
//
//     node reject.mjs FOLDER endless|others
//
// The folder is one that the example reject_corpus has written. A line out for each bundle and each file of misbehaviour is {"input",
// "answer", "text", "ms", "rss"}: the answer for programs, what the page shows, how long it took, and the most memory that was held so
// far, in bytes. "answer" is null where there is nothing to judge or no policy to choose.

import { lstatSync, openAsBlob, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { Crypto } from '../../web/crypto.js';
import { Inputs } from '../../web/inputs.js';
import { judge } from '../../web/judge.js';
import { paper, textOf } from './paper.mjs';

globalThis.document = paper;

const [folder, which] = process.argv.slice(2);
const { cases } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
const crypto = await Crypto.open();

/** A file as a browser gives it, or null where nothing can be chosen. */
async function choose(path) {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) {
    return null;
  }
  return Object.assign(await openAsBlob(path), { name: basename(path) });
}

/** The files in the folder of a bundle that has a folder of its own. */
async function beside(input) {
  const files = new Map();
  if (basename(input) === 'bundle.json') {
    const own = dirname(join(folder, input));
    for (const name of readdirSync(own).filter((it) => it !== 'bundle.json')) {
      const file = await choose(join(own, name));
      if (file !== null) {
        files.set(name, file);
      }
    }
  }
  return files;
}

async function answerTo({ input, policy, since, allow_older: allowOlder }) {
  const inputs = new Inputs();
  inputs.bundle = await choose(join(folder, input));
  inputs.policy = await choose(join(folder, policy));
  if (!inputs.isComplete) {
    return { answer: null, text: '' };
  }
  inputs.files = await beside(input);
  inputs.kept = since ? await choose(join(folder, since)) : null;
  inputs.allowOlder = allowOlder === true;
  const { answer, shown } = await judge(crypto, inputs);
  return { answer: answer.toObject(), text: textOf(shown) };
}

const numbersAsTexts = (_, value) => (typeof value === 'bigint' || typeof value === 'number' ? String(value) : value);
const wanted = cases.filter((it) => ['bundle', 'misbehaviour'].includes(it.subject) && it.is_endless === (which === 'endless'));
for (const one of wanted) {
  const started = performance.now();
  const judged = await answerTo(one);
  const [ms, rss] = [performance.now() - started, process.resourceUsage().maxRSS * 1024].map((it) => Math.round(it));
  process.stdout.write(`${JSON.stringify({ input: one.input, ...judged, ms, rss }, numbersAsTexts)}\n`);
}
