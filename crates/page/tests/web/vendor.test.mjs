// The vendored files are the published ones: their digests stand in the decision that let them in.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import test from 'node:test';

const VENDOR = new URL('../../web/vendor/', import.meta.url);
const DECISION = new URL('../../../../docs/decisions/0009-a-second-verifier-in-javascript.md', import.meta.url);

test('every vendored file has the digest of the decision', () => {
  const text = readFileSync(DECISION, 'utf8');
  const listed = new Map([...text.matchAll(/^\| `(\S+\.js)` \| .* \| `([0-9a-f]{64})` \|$/gm)].map(([, ...row]) => row));
  const files = readdirSync(VENDOR, { recursive: true }).filter((name) => name.endsWith('.js'));
  assert.deepEqual([...listed.keys()].sort(), files.sort());
  for (const name of files) {
    const digest = createHash('sha256').update(readFileSync(new URL(name, VENDOR))).digest('hex');
    assert.equal(digest, listed.get(name), name);
  }
});
