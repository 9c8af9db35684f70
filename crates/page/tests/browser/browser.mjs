// A real Chromium with the page from disk, without a network.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How long anything is waited for. */
const LIMIT_MS = 60_000;

/** Opens the page of a folder of cases in a browser of its own, gives it to `use`, and closes the browser. */
export async function withPage(folder, options, use) {
  const profile = mkdtempSync(join(tmpdir(), 'page-test-'));
  const { before = () => {}, ...settings } = options;
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: FLAGS,
    offline: true,
    viewport: { width: 1000, height: 1200 },
    locale: 'en-GB',
    timezoneId: 'Asia/Tokyo',
    ...settings,
  });
  try {
    context.setDefaultTimeout(LIMIT_MS);
    const page = context.pages()[0] ?? (await context.newPage());
    const troubles = [];
    page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) {
        troubles.push(`console: ${message.text()}`);
      }
    });
    page.on('dialog', (dialog) => {
      troubles.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    const address = pathToFileURL(join(folder, 'page.html')).href;
    page.on('request', (request) => {
      if (request.url() !== address) {
        troubles.push(`request: ${request.url()}`);
      }
    });
    await before(page);
    await page.goto(address);
    await use(page, troubles);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** The verdict's word once there is one, without its mark. */
export async function wordOf(page) {
  const word = page.locator('#result .word');
  await word.waitFor();
  return (await word.innerText()).replace(/^\S+\s+/, '');
}
