// What a test file begins with: a sandbox, a shop and a browser of its own.

import { after, before, test } from 'node:test';
import { startBrowser, withPage } from './browser.mjs';
import { startSandbox, startShop } from './sandbox.mjs';

export { assertAccessible } from './browser.mjs';
export { reference } from './sandbox.mjs';

/** Starts them before the tests of a file and stops them after. `flags` go to the sandbox. */
export function setUp(...flags) {
  const all = {};
  before(async () => {
    [all.sandbox, all.shop, all.browser] = await Promise.all([startSandbox(...flags), startShop(), startBrowser()]);
  });
  after(async () => {
    await all.browser?.close();
    await Promise.all([all.sandbox?.stop(), all.shop?.stop()]);
  });

  /** A test with a watched page: `inBrowser(name, [options], async ({page, context, allow, sandbox, shop}) => …)`. */
  function inBrowser(name, ...rest) {
    const body = rest.pop();
    const options = rest.pop() ?? {};
    test(name, { timeout: 60_000 }, () =>
      withPage(all.browser, [all.sandbox.url, all.shop.url], options, (watched) =>
        body({ ...watched, sandbox: all.sandbox, shop: all.shop })));
  }
  return { inBrowser, all };
}
