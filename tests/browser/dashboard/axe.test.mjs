// Every view, in the light and in the dark, wide and narrow.

import assert from 'node:assert/strict';
import { assertAccessible, setUp } from '../lib/harness.mjs';
import { desktop, opened } from './steps.mjs';

const { inBrowser, all } = setUp();
const narrow = { viewport: { width: 768, height: 1000 } };

/** One of everything, so that no view is empty. */
async function fill(sandbox, shop) {
  await sandbox.api('POST', '/webhooks/v1/webhooks', {
    url: `${shop.url}/hook`, events: ['epayments.payment.created.v1', 'epayments.payment.captured.v1'],
  });
  const { reference } = await sandbox.create();
  await sandbox.control('POST', `payments/123456/${reference}/approve`);
  const capture = (value) => sandbox.api('POST', `/epayment/v1/payments/${reference}/capture`, { modificationAmount: { currency: 'NOK', value } });
  await capture(100);
  await assert.rejects(capture(90_000));
  await assert.rejects(sandbox.create({ amount: { currency: 'NOK', value: 1 } }));
  const waiting = await sandbox.create();
  const rejected = await sandbox.create();
  await sandbox.control('POST', `payments/123456/${rejected.reference}/reject`);
  await sandbox.control('POST', 'clock/advance', { by: '1s' });
  await sandbox.control('POST', 'faults', { then: { status: 503 }, match: { operation: 'refund' } });
  await sandbox.control('PUT', 'users/4790000001', { behaviour: 'approve' });
  await sandbox.control('POST', 'sales-units', {});
  return { reference, waiting: waiting.reference };
}

for (const [size, options] of Object.entries({ wide: desktop, narrow })) {
  inBrowser(`no view has a serious violation, ${size}`, options, async ({ page, sandbox, shop }) => {
    all.filled ??= await fill(sandbox, shop);
    for (const path of ['', 'webhooks', 'requests', 'phone', 'faults', 'clock', 'units', 'users', 'connect']) {
      await page.goto(`${sandbox.url}/_sandbox/ui/${path}`);
      await page.locator('[data-view]:has(*)').first().waitFor();
      await page.getByText('● live').waitFor();
      await assertAccessible(page);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= options.viewport.width, `${path} is ${width} wide`);
    }
    for (const reference of [all.filled.waiting, all.filled.reference]) {
      await opened(page, sandbox, reference);
      await page.locator('.timeline summary').first().click();
      await page.getByRole('button', { name: 'Copy as curl' }).first().waitFor();
      await assertAccessible(page);
    }
    await page.getByRole('button', { name: 'Capture…' }).click();
    await assertAccessible(page);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Keys' }).click();
    await assertAccessible(page);
  });
}
