// Drives the page in a real Chromium. The cases, and what the checks in Rust say of them, come from the folder that is given.
//
//     node run.mjs CASES [SCREENSHOTS]
//
// ONLY=word runs the tests whose names hold the word; CHROMIUM is the browser's path.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { withPage, wordOf } from './browser.mjs';

const [folder, shots] = process.argv.slice(2).map((path) => resolve(path));
const EXPECTED = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
const at = (name) => join(folder, name);
const PHOTO = at('photo.jpg');

/** Joiners between letters of scripts that need them, and in emoji: part of the writing. */
const IN_PLACE = /(?<=[^\u0000-\u02ff])[\u200c\u200d](?=[^\u0000-\u02ff])/gu;

/** What must not reach the page as it is. */
const HIDDEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e0fff}]/u;

/** Words that a hasty reader takes for an approval. */
const APPROVALS = ['verified', 'valid', 'ok', 'success', 'true', 'correct', 'genuine'];

/** Files with their names, as somebody drops them on the page. */
async function drop(page, files) {
  const transfer = await page.evaluateHandle((all) => {
    const made = new DataTransfer();
    for (const [name, bytes] of all) {
      made.items.add(new File([new Uint8Array(bytes)], name));
    }
    return made;
  }, files.map(([name, path]) => [name, [...readFileSync(path)]]));
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
}

async function open(page, name, files = [PHOTO]) {
  await page.locator('#files').setInputFiles(files);
  await page.locator('#policy').setInputFiles(at(`${name}.policy`));
  await page.locator('#bundle').setInputFiles(at(`${name}.json`));
}

async function shoot(page, name) {
  if (shots) {
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  }
}

/** What the page shows is what the checks in Rust say, in the same words. */
async function assertAs(page, name) {
  const expected = EXPECTED[name];
  assert.equal(await wordOf(page), expected.word, name);
  const text = await page.locator('#result').innerText();
  const flat = (it) => it.replace(/\s+/g, ' ');
  for (const remark of expected.remarks) {
    assert.ok(flat(text).includes(flat(remark)), `${name}: ${remark}`);
  }
  if (expected.failed !== null) {
    assert.match(flat(text), new RegExp(`The check "${expected.failed}" failed: \\w`));
    assert.ok(flat(text).includes(flat(expected.meaning)), text);
    assertNoApproval(await page.locator('body').innerText());
  }
  // The first sentence of the answer is the same, letter for letter.
  const answer = flat(expected.text.split('\n\n')[1]);
  if (expected.failed === null) {
    assert.ok(flat(text).includes(answer), `${name}: ${answer}`);
  }
  assert.equal(await page.evaluate(() => document.activeElement.id), 'result');
  assert.ok((await page.locator('#status').textContent()).includes(expected.word));
}

function assertNoApproval(text) {
  const words = text.replaceAll('NOT VERIFIED', '').toLowerCase().split(/[^\p{L}]+/u);
  assert.deepEqual(words.filter((word) => APPROVALS.includes(word)), [], text);
}

const tests = {
  async 'each case has the verdict, the failing check and the words of the other implementation'() {
    await withPage(folder, {}, async (page, troubles) => {
      for (const name of ['good', 'remarks', 'altered', 'elsewhere', 'newer']) {
        await open(page, name);
        await assertAs(page, name);
        await shoot(page, name);
      }
      assert.deepEqual(troubles, []);
    });
  },

  async 'withheld fields are shown as withheld, opened ones with their values'() {
    await withPage(folder, {}, async (page) => {
      await open(page, 'remarks');
      await wordOf(page);
      const text = await page.locator('#result').innerText();
      assert.match(text, /withheld\s+commitment 5{64}/);
      assert.match(text, /shown\s+"place\.detail": "bay 4"\s+and verified/);
    });
  },

  async 'a file that is missing, then another of its name, then the right one'() {
    await withPage(folder, {}, async (page) => {
      await open(page, 'incomplete', []);
      await assertAs(page, 'incomplete');
      await shoot(page, 'incomplete');
      await page.locator('#files').setInputFiles(join(folder, 'other', 'photo.jpg'));
      await page.locator('#result').getByText('has not the SHA-256').first().waitFor();
      assert.equal(await wordOf(page), 'NOT VERIFIED');
      await page.locator('#files').setInputFiles(PHOTO);
      await page.locator('#result').getByText('here, the same bytes').waitFor();
      assert.equal(await wordOf(page), 'VERIFIED');
      await page.locator('#files').setInputFiles(at('expected.json'));
      await page.getByText('opened here, and not compared').waitFor();
    });
  },

  async 'a file of 100 MB is compared with progress while the page stays alive'() {
    await withPage(folder, {}, async (page, troubles) => {
      await page.evaluate(() => {
        window.seen = { values: new Set(), ticks: 0 };
        new MutationObserver(() => window.seen.values.add(document.getElementById('bar').value)).observe(
          document.getElementById('bar'),
          { attributes: true },
        );
        setInterval(() => (window.seen.ticks += document.getElementById('progress').hidden ? 0 : 1), 10);
      });
      await open(page, 'large', [at('film.mp4')]);
      await page.getByText(/Comparing "film\.mp4": \d+ of 104857600 bytes/).waitFor();
      await shoot(page, 'progress');
      await assertAs(page, 'large');
      const seen = await page.evaluate(() => ({ values: window.seen.values.size, ticks: window.seen.ticks }));
      assert.ok(seen.values >= 10 && seen.ticks >= 5, JSON.stringify(seen));
      assert.deepEqual(troubles, []);
    });
  },

  async 'another choice while a file is compared ends the comparison'() {
    await withPage(folder, {}, async (page, troubles) => {
      await open(page, 'large', [at('film.mp4')]);
      await page.getByText(/Comparing "film\.mp4"/).waitFor();
      await page.locator('#bundle').setInputFiles(at('altered.json'));
      await page.locator('#policy').setInputFiles(at('altered.policy'));
      await assertAs(page, 'altered');
      await page.locator('#clear').click();
      assert.equal(await page.locator('#result').innerText(), '');
      assert.equal(await page.evaluate(() => document.activeElement.id), 'bundle');
      assert.deepEqual(troubles, []);
    });
  },

  async 'a verdict goes away as soon as something else is chosen'() {
    await withPage(folder, {}, async (page) => {
      await open(page, 'good');
      await assertAs(page, 'good');
      await page.evaluate(() => {
        window.words = [];
        const note = () => window.words.push(document.querySelector('#result .word')?.innerText ?? '');
        document.getElementById('bundle').addEventListener('change', note);
      });
      await page.locator('#bundle').setInputFiles(at('altered.json'));
      await page.locator('#result').getByText('NOT VERIFIED').waitFor();
      assert.deepEqual(await page.evaluate(() => window.words), ['']);
    });
  },

  async 'everything is dropped at once'() {
    await withPage(folder, {}, async (page) => {
      await drop(page, ['good.json', 'good.policy', 'photo.jpg'].map((name) => [name, at(name)]));
      await assertAs(page, 'good');
      await drop(page, ['a.json', 'b.json'].map((name) => [name, at('good.json')]));
      await page.getByText('More than one of these files looks like a bundle.').waitFor();
      assert.equal(await page.locator('#result').innerText(), '');
    });
  },

  async 'a file that accuses a ledger gets the answer and the words of the other implementation'() {
    await withPage(folder, {}, async (page, troubles) => {
      for (const name of ['two-roots', 'two-beginnings', 'two-entries', 'accusation-altered', 'complaint']) {
        await drop(page, [['file.json', at(`${name}.json`)], ['trust.policy', at(`${name}.policy`)]]);
        await page.locator('#result').getByText('"file.json"').waitFor();
        await assertAs(page, name);
        assert.ok((await worstContrast(page)) >= 4.5, name);
        await shoot(page, name);
        await page.locator('#clear').click();
      }
      await open(page, 'two-beginnings');
      await page.getByText('opened here, and not used').waitFor();
      await assertAs(page, 'two-beginnings');
      assert.deepEqual(troubles, []);
    });
  },

  async 'a checkpoint that was kept is compared, dropped or chosen'() {
    await withPage(folder, {}, async (page, troubles) => {
      for (const name of ['kept-same', 'kept-earlier', 'kept-later', 'kept-fork']) {
        const files = [['b.json', at(`${name}.json`)], ['trust.policy', at(`${name}.policy`)], ['note', at(`${name}.checkpoint`)]];
        await drop(page, files);
        await page.locator('#result').getByText('"note"').waitFor();
        await assertAs(page, name);
        assert.equal(await page.getByRole('rowheader').count(), 13);
        await shoot(page, name);
        await page.locator('#clear').click();
      }
      await open(page, 'kept-later-taken', []);
      await page.locator('#kept').setInputFiles(at('kept-later-taken.checkpoint'));
      await assertAs(page, 'kept-later');
      await page.getByLabel('Take an older bundle').check();
      await page.locator('#result').getByText('VERIFIED WITH REMARKS').waitFor();
      await assertAs(page, 'kept-later-taken');
      await page.locator('#kept').setInputFiles(at('kept-altered.checkpoint'));
      await page.locator('#result').getByText('CANNOT TELL').waitFor();
      await assertAs(page, 'kept-altered');
      await page.locator('#clear').click();
      assert.equal(await page.locator('#older').isChecked(), false);
      assert.match(await page.locator('#kept-chosen').textContent(), /None/);
      assert.deepEqual(troubles, []);
    });
  },

  async 'the keyboard alone is enough'() {
    await withPage(folder, {}, async (page) => {
      await page.locator('#bundle').waitFor();
      const chosen = { bundle: at('good.json'), policy: at('good.policy'), files: PHOTO };
      for (const id of ['bundle', 'policy', 'files']) {
        await page.keyboard.press('Tab');
        assert.equal(await page.evaluate(() => document.activeElement.id), id);
        const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Space')]);
        await chooser.setFiles(chosen[id]);
        if (id === 'policy') {
          // Enough is chosen for a first answer, which takes the focus.
          await wordOf(page);
          await page.locator('#policy').focus();
        }
      }
      await assertAs(page, 'good');
      await page.keyboard.press('Shift+Tab');
      assert.equal(await page.evaluate(() => document.activeElement.id), 'clear');
      await page.keyboard.press('Enter');
      assert.equal(await page.locator('#result').innerText(), '');
    });
  },

  async 'what a screen reader needs is there'() {
    await withPage(folder, {}, async (page) => {
      await open(page, 'altered');
      await assertAs(page, 'altered');
      for (const name of ['Bundle', 'Trust policy', 'Files beside the bundle']) {
        assert.equal(await page.getByLabel(name, { exact: true }).count(), 1, name);
      }
      assert.equal(await page.getByRole('status').count(), 1);
      assert.equal(await page.locator('html').getAttribute('lang'), 'en');
      assert.equal(await page.locator('h1').count(), 1);
      assert.equal(await page.getByRole('columnheader').count(), 3);
      assert.equal(await page.getByRole('rowheader').count(), 12);
    });
  },

  async 'a narrow screen needs no scrolling to the side'() {
    for (const width of [320, 390]) {
      await withPage(folder, { viewport: { width, height: 700 } }, async (page) => {
        for (const name of ['remarks', 'hostile', 'altered']) {
          await open(page, name);
          await assertAs(page, name);
          const inside = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(inside <= width, `${name}: ${inside} of ${width}`);
          await shoot(page, `narrow-${width}-${name}`);
        }
      });
    }
  },

  async 'light and dark are readable, and so is what is printed'() {
    for (const colorScheme of ['light', 'dark']) {
      await withPage(folder, { colorScheme }, async (page) => {
        await shoot(page, `${colorScheme}-start`);
        for (const name of ['good', 'remarks', 'altered', 'incomplete']) {
          await open(page, name, name === 'incomplete' ? [] : [PHOTO]);
          await assertAs(page, name);
          assert.ok((await worstContrast(page)) >= 4.5, `${colorScheme} ${name}`);
          await shoot(page, `${colorScheme}-${name}`);
          await page.locator('#clear').click();
        }
        await open(page, 'remarks');
        await assertAs(page, 'remarks');
        await page.emulateMedia({ media: 'print', colorScheme });
        assert.ok((await worstContrast(page)) >= 7, `${colorScheme} printed`);
        assert.equal(await page.locator('#inputs').isVisible(), false);
        if (shots) {
          await shoot(page, `${colorScheme}-print`);
          writeFileSync(join(shots, `${colorScheme}.pdf`), await page.pdf({ format: 'A4' }));
        }
      });
    }
  },

  async 'what a record says cannot move, turn or command the page'() {
    await withPage(folder, {}, async (page, troubles) => {
      await open(page, 'hostile');
      await assertAs(page, 'hostile');
      const text = await page.locator('#result').textContent();
      assert.ok(text.includes('<img src=x onerror='), 'the text is shown as text');
      assert.equal(await page.evaluate(() => window.taken), undefined);
      assert.ok(text.includes('\\u{202e}DEIFIREV'), 'the turned text is spelled');
      assert.doesNotMatch(text.replace(IN_PLACE, ''), HIDDEN);
      assert.equal(await page.locator('img, iframe, object, embed, a, form, script[src]').count(), 0);
      assert.match(await page.title(), /^Witnessmark/);
      await shoot(page, 'hostile');
      assert.deepEqual(troubles, []);
    });
  },

  async 'no text of a bundle is more than text, wherever it stands and whatever the answer'() {
    for (const [name, word] of [['hostile-everywhere', 'VERIFIED WITH REMARKS'], ['hostile-file', 'NOT VERIFIED']]) {
      await withPage(folder, {}, async (page, troubles) => {
        const files = Object.entries(EXPECTED[name].files);
        await open(page, name, files.map(([it, bytes]) => ({ name: it, mimeType: '', buffer: Buffer.from(bytes, 'base64') })));
        await assertAs(page, name);
        assert.equal(await wordOf(page), word);
        const text = await page.locator('body').textContent();
        const marks = ['\\u{202e}gpj.<img src=x onerror=window.taken=1>', 'mixes Latin and Cyrillic letters'];
        if (word !== 'NOT VERIFIED') {
          marks.push('\\u{1b}[2J\\u{1b}[1;1H\\u{9b}32m\\u{7}\\u{d}\\u{a}', '<script>window.taken=1</script><svg onload=', '</bdi></p></section>');
        }
        for (const mark of marks) {
          assert.ok(text.includes(mark), `${name} shows ${mark}`);
        }
        assert.doesNotMatch(text.replace(IN_PLACE, ''), HIDDEN);
        const strange = 'img, svg, iframe, object, embed, a, form, script[src], style ~ style';
        assert.equal(await page.locator(strange).count(), 0);
        assert.equal(await page.locator('script').count(), 1);
        assert.equal(await page.evaluate(() => window.taken), undefined);
        await shoot(page, name);
        assert.deepEqual(troubles, []);
      });
    }
  },

  async 'without what the checks need, nobody can tell'() {
    const remove = (page) => page.addInitScript(() => delete Object.hasOwn);
    for (const options of [{ javaScriptEnabled: false }, { before: remove }]) {
      await withPage(folder, options, async (page) => {
        const text = await page.locator('body').innerText();
        assert.match(text, /CANNOT TELL/);
        assertNoApproval(text);
        assert.equal(await page.locator('#page').isVisible(), false);
        await shoot(page, options.before ? 'old-browser' : 'no-scripts');
      });
    }
  },

  async 'without cryptography in the browser, and with one that lies, the page has its own'() {
    const without = () => Object.defineProperty(globalThis.crypto, 'subtle', { value: undefined });
    const lying = () => {
      globalThis.crypto.subtle.verify = async () => true;
    };
    for (const change of [without, lying]) {
      await withPage(folder, { before: (page) => page.addInitScript(change) }, async (page) => {
        await page.getByText("Ed25519: this page's own").waitFor();
        await open(page, 'good');
        await assertAs(page, 'good');
        await open(page, 'altered');
        await page.locator('#result').getByText('NOT VERIFIED').waitFor();
        await assertAs(page, 'altered');
      });
    }
  },
};

/** The lowest contrast between a text and what lies behind it, as WCAG reckons it. */
function worstContrast(page) {
  return page.evaluate(() => {
    const rgb = (text) => text.match(/[\d.]+/g).map(Number);
    const light = ([r, g, b]) => {
      const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const behind = (element) => {
      for (let it = element; it; it = it.parentElement) {
        const colour = rgb(getComputedStyle(it).backgroundColor);
        if (colour.length === 3 || colour[3] > 0) {
          return colour;
        }
      }
      return [255, 255, 255];
    };
    let worst = 21;
    for (const element of document.querySelectorAll('main *, header *, footer *')) {
      const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
      if (hasText && element.checkVisibility()) {
        const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))];
        worst = Math.min(worst, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
      }
    }
    return worst;
  });
}

let failed = 0;
const chosen = Object.entries(tests).filter(([name]) => name.includes(process.env.ONLY ?? ''));
for (const [name, test] of chosen) {
  try {
    await test();
    console.log(`passed  ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
}
console.log(`${chosen.length - failed} of ${chosen.length} passed`);
process.exitCode = failed === 0 ? 0 : 1;
