// A browser that watches: console errors and requests to other hosts fail the test, and so do serious violations that
// axe finds.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Starts Chromium. */
export const startBrowser = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });

/**
 * Runs `body` with a page that is watched. `hosts` are the origins that it may call; `options` go to Playwright's
 * context (`javaScriptEnabled`, `colorScheme`, `viewport`, …). `body` gets `{page, context, allow}`; `allow(pattern)`
 * says which console error is expected.
 */
export async function withPage(browser, hosts, options, body) {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, ...options });
  context.setDefaultTimeout(10_000);
  const problems = [];
  const allowed = [];
  const watch = (page) => {
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  };
  context.on('page', watch);
  context.on('request', (request) => {
    const url = request.url();
    const inside = url.startsWith('data:') || url.startsWith('blob:') || url === 'about:blank';
    if (!inside && !hosts.includes(new URL(url).origin)) problems.push(`request to another host: ${url}`);
  });
  try {
    const page = await context.newPage();
    await body({ page, context, allow: (pattern) => allowed.push(pattern) });
    const left = problems.filter((problem) => !allowed.some((pattern) => pattern.test(problem)));
    assert.deepEqual(left, [], 'the page must be quiet');
  } finally {
    await context.close();
  }
}

/** Fails if axe finds a serious or critical violation on the page, in the light and in the dark. */
export async function assertAccessible(page) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    // Evaluated by the debugger, so the page's content security policy does not forbid it.
    const violations = await page.evaluate(`${axe}; axe.run({ resultTypes: ['violations'] }).then((found) => found.violations)`);
    const grave = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join('\n    ')}`);
    assert.deepEqual(grave, [], `axe, ${colorScheme}, ${page.url()}`);
  }
  await page.emulateMedia({ colorScheme: null });
}
