// What a developer sees without reloading.

import assert from 'node:assert/strict';
import { reference, setUp } from '../lib/harness.mjs';
import { desktop, opened } from './steps.mjs';

const { inBrowser } = setUp();

inBrowser('the address alone leads to the payments, and an empty list teaches', desktop, async ({ page, sandbox }) => {
  await page.goto(sandbox.url);
  assert.equal(new URL(page.url()).pathname, '/_sandbox/ui/');
  const line = await page.getByLabel('curl command').textContent();
  assert.ok(line.startsWith(`curl -X POST ${sandbox.url}/epayment/v1/payments`), line);
});

inBrowser('new payments appear in the list by themselves, one link for each', desktop, async ({ page, sandbox }) => {
  await page.goto(`${sandbox.url}/_sandbox/ui/`);
  await page.getByText('● live').waitFor();
  const [one, other] = [reference('one'), reference('other')];
  await sandbox.create({ reference: one });
  await page.getByRole('link', { name: one }).waitFor();
  await sandbox.create({ reference: other });
  await page.getByRole('link', { name: other }).waitFor();
  for (const name of [one, other]) assert.equal(await page.getByRole('link', { name }).count(), 1);
  const names = await page.locator('a.row .ref').allTextContents();
  assert.deepEqual(names.slice(0, 2), [other, one], 'newest first');
  await sandbox.control('POST', `payments/123456/${one}/reject`);
  await page.getByRole('link', { name: one }).filter({ hasText: 'ABORTED' }).waitFor();
});

inBrowser('a refused create is in the list with its reason', desktop, async ({ page, sandbox }) => {
  await page.goto(`${sandbox.url}/_sandbox/ui/`);
  await page.getByText('● live').waitFor();
  const name = reference('refused');
  await assert.rejects(sandbox.create({ reference: name, amount: { currency: 'NOK', value: 50 } }));
  const row = page.getByRole('listitem').filter({ hasText: name });
  await row.getByText('6010 Amount too small').waitFor();
  assert.equal(await page.getByRole('link', { name }).count(), 0, 'it leads to no payment');
  await row.locator('summary').click();
  await row.getByText('NOK 0,50 is less than the least amount, NOK 1,00.').waitFor();
  await row.getByRole('button', { name: 'Copy as curl' }).waitFor();
  await page.getByLabel('Phase').selectOption('REFUSED');
  await row.waitFor();
});

inBrowser("a payment's page grows by itself", desktop, async ({ page, sandbox, shop }) => {
  await sandbox.api('POST', '/webhooks/v1/webhooks', {
    url: `${shop.url}/hook`, events: ['epayments.payment.authorized.v1', 'epayments.payment.captured.v1'],
  });
  const { reference: name } = await sandbox.create();
  await opened(page, sandbox, name);
  const region = (title) => page.getByRole('region', { name: title });
  await region('Events').getByText('CREATED').waitFor();
  await sandbox.control('POST', `payments/123456/${name}/approve`);
  await region('Events').getByText('AUTHORIZED').waitFor();
  await region('Webhook deliveries').getByText('authorized').first().waitFor();
  const amount = (value) => ({ modificationAmount: { currency: 'NOK', value } });
  await sandbox.api('POST', `/epayment/v1/payments/${name}/capture`, amount(20000));
  await region('Events').getByRole('row').filter({ hasText: 'CAPTURED' }).filter({ hasText: 'NOK 200,00' }).waitFor();
  await region('Webhook deliveries').getByRole('row').filter({ hasText: 'captured' }).filter({ hasText: '200' }).waitFor();
  await assert.rejects(sandbox.api('POST', `/epayment/v1/payments/${name}/capture`, amount(40000)));
  const refused = region('Requests').getByRole('row').filter({ hasText: '6090 Capture amount too high' });
  await refused.getByText('299,00 left').waitFor();
  await sandbox.control('POST', 'clock/advance', { by: 'PT1M' });
  await region('Timeline').getByText('clock moved 1 min').waitFor();
  const entries = await region('Timeline').locator('.what').allTextContents();
  const order = ['POST create', 'CREATED', 'AUTHORIZED', 'POST capture', 'CAPTURED', 'clock moved'];
  const places = order.map((text) => entries.findIndex((entry) => entry.endsWith(text) || entry.includes(`${text} `)));
  assert.deepEqual(places, [...places].sort((a, b) => a - b), entries.join(' | '));
  assert.ok(places.every((place) => place >= 0), entries.join(' | '));
});

inBrowser('what is unfolded stays so while the page grows', desktop, async ({ page, sandbox }) => {
  const { reference: name } = await sandbox.create();
  await opened(page, sandbox, name);
  const timeline = page.getByRole('region', { name: 'Timeline' });
  await timeline.locator('summary').filter({ hasText: 'POST create' }).click();
  const body = timeline.getByLabel('Body').first();
  await body.getByText(`"reference": "${name}"`).waitFor();
  await sandbox.control('POST', `payments/123456/${name}/approve`);
  await timeline.getByText('Event AUTHORIZED').waitFor();
  assert.ok(await body.isVisible());
});

inBrowser('a reset empties the page', desktop, async ({ page, sandbox }) => {
  const { reference: name } = await sandbox.create();
  await page.goto(`${sandbox.url}/_sandbox/ui/`);
  await page.getByRole('link', { name }).waitFor();
  await page.getByText('● live').waitFor();
  await sandbox.control('POST', 'reset');
  await page.getByText('No payments yet').waitFor();
});
