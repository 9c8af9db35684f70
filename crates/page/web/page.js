// The page itself: files in, one verdict out. What is shown always belongs to the files that are named above it.

import { textOf } from './bytes.js';
import { Crypto } from './crypto.js';
import { byId, element } from './dom.js';
import { isPlainStrict } from './ed25519.js';
import { Inputs } from './inputs.js';
import { judge } from './judge.js';
import { escape, quote } from './show.js';

const inputs = new Inputs();
let crypto = null;
/** Counts the runs: what an older one finds is not shown any more. */
let run = 0;

/** Whether this browser has what the checks need. */
function isAble() {
  return (
    typeof BigInt === 'function' &&
    typeof Blob.prototype.arrayBuffer === 'function' &&
    typeof Object.hasOwn === 'function' &&
    textOf(Uint8Array.of(0xff)) === null &&
    'e\u0301'.normalize('NFC') === '\u00e9' &&
    isPlainStrict()
  );
}

async function start() {
  if (!isAble()) {
    return;
  }
  crypto = await Crypto.open();
  byId('means').textContent = `${crypto.words}.`;
  byId('bundle').addEventListener('change', (event) => choose(() => (inputs.bundle = event.target.files[0] ?? null)));
  byId('policy').addEventListener('change', (event) => choose(() => (inputs.policy = event.target.files[0] ?? null)));
  byId('files').addEventListener('change', (event) => choose(() => inputs.addFiles(event.target.files)));
  byId('kept').addEventListener('change', (event) => choose(() => (inputs.kept = event.target.files[0] ?? null)));
  byId('older').addEventListener('change', (event) => choose(() => (inputs.allowOlder = event.target.checked)));
  byId('clear').addEventListener('click', clear);
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    document.body.classList.add('dragging');
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) {
      document.body.classList.remove('dragging');
    }
  });
  document.addEventListener('drop', drop);
  byId('unable').hidden = true;
  byId('page').hidden = false;
  listInputs();
}

function clear() {
  for (const id of ['bundle', 'policy', 'files', 'kept']) {
    byId(id).value = '';
  }
  byId('older').checked = false;
  choose(() => inputs.clear());
  byId('bundle').focus();
}

async function drop(event) {
  event.preventDefault();
  document.body.classList.remove('dragging');
  const files = [...event.dataTransfer.files];
  if (files.length === 0) {
    return;
  }
  withdraw();
  let notice = '';
  try {
    notice = await inputs.addDropped(files);
  } catch {
    notice = 'One of these could not be read. A folder cannot be dropped: open it and drop its files.';
  }
  choose(() => {}, notice);
}

/** Takes a change of what is opened, and checks again. */
function choose(change, notice = '') {
  withdraw();
  change();
  byId('notice').textContent = notice;
  listInputs();
  if (inputs.isComplete && notice === '') {
    check();
  }
}

/** Takes back what is shown, before anything else is opened. */
function withdraw() {
  run += 1;
  byId('result').replaceChildren();
  byId('progress').hidden = true;
  byId('status').textContent = '';
}

function listInputs() {
  const name = (file) => (file === null ? 'None chosen yet.' : `${quote(file.name)}, ${file.size} bytes`);
  byId('bundle-chosen').textContent = name(inputs.bundle);
  byId('policy-chosen').textContent = name(inputs.policy);
  const items = [...inputs.files.values()].map((file) => element('li', '', name(file)));
  byId('kept-chosen').textContent = name(inputs.kept);
  byId('files-chosen').replaceChildren(...items);
}

async function check() {
  const mine = run;
  const isMine = () => mine === run;
  byId('progress').hidden = false;
  tell('Reading what was opened.');
  let shown;
  try {
    shown = await judged(isMine);
  } catch (error) {
    shown = [broken(error)];
  }
  if (!isMine()) {
    return;
  }
  byId('progress').hidden = true;
  byId('result').replaceChildren(...shown);
  const said = [...byId('result').querySelectorAll('.verdict > *')].map((it) => it.textContent);
  byId('status').textContent = said.join('. ');
  byId('result').focus();
}

/** Judges what is opened now, and tells how far it is. */
async function judged(isMine) {
  const onProgress = (name, done, size) => {
    if (isMine()) {
      tell(`Comparing ${quote(name)}: ${done} of ${size} bytes.`, (100 * done) / Math.max(size, 1));
    } else {
      throw new DOMException('another choice was made', 'AbortError');
    }
  };
  const { shown } = await judge(crypto, inputs, onProgress);
  return shown;
}

function tell(text, percent = null) {
  byId('doing').textContent = text;
  if (percent === null) {
    byId('bar').removeAttribute('value');
  } else {
    byId('bar').value = percent;
  }
}

/** What stands in the place of a verdict when a file cannot even be read, or this page fails. */
function broken(error) {
  const reason = escape(String(error?.message ?? error));
  return element(
    'section',
    'verdict cannot_tell',
    element('h2', 'word', '? CANNOT TELL'),
    element('p', '', `This could not be finished: ${reason}. Nothing was found wrong, and nothing was shown. Choose the files again.`),
  );
}

start();
