// What a developer does from the dashboard.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { reference, setUp } from '../lib/harness.mjs';
import { desktop, opened, said } from './steps.mjs';

const { inBrowser } = setUp();

inBrowser('approve and reject from the page of a payment', desktop, async ({ page, sandbox }) => {
  const [one, other] = [await sandbox.create(), await sandbox.create()];
  await opened(page, sandbox, one.reference);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('region', { name: 'Events' }).getByText('AUTHORIZED').waitFor();
  await page.getByRole('button', { name: 'Approve' }).waitFor({ state: 'detached' });
  assert.equal((await sandbox.payment(one.reference)).state, 'AUTHORIZED');
  await opened(page, sandbox, other.reference);
  await page.getByRole('button', { name: 'Reject' }).click();
  await page.getByRole('region', { name: 'Events' }).getByText('ABORTED').waitFor();
  assert.equal((await sandbox.payment(other.reference)).state, 'ABORTED');
});

inBrowser('capture, refund and cancel the rest as the merchant', desktop, async ({ page, sandbox }) => {
  const { reference: name } = await sandbox.create();
  await opened(page, sandbox, name);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('button', { name: 'Capture…' }).click();
  const capture = page.getByRole('dialog', { name: 'Capture' });
  await capture.getByLabel('Amount in NOK').fill('200,00');
  await capture.getByRole('button', { name: 'Capture' }).click();
  await said(page, 'Captured.');
  await page.getByRole('button', { name: 'Refund…' }).click();
  const refund = page.getByRole('dialog', { name: 'Refund' });
  assert.equal(await refund.getByLabel('Amount in NOK').inputValue(), '200,00', 'all of it unless told');
  await refund.getByLabel('Amount in NOK').fill('50.5');
  await refund.getByRole('button', { name: 'Refund' }).click();
  await said(page, 'Refunded.');
  await page.getByRole('button', { name: 'Cancel rest' }).click();
  const events = page.getByRole('region', { name: 'Events' });
  for (const text of ['NOK 200,00', 'NOK 50,50', 'NOK 299,00']) await events.getByText(text).waitFor();
  const requests = page.getByRole('region', { name: 'Requests' });
  for (const text of ['POST capture', 'POST refund', 'POST cancel']) await requests.getByText(text).waitFor();
  const { aggregate } = await sandbox.payment(name);
  assert.deepEqual(
    [aggregate.capturedAmount, aggregate.refundedAmount, aggregate.cancelledAmount].map(({ value }) => value),
    [20000, 5050, 29900],
  );
});

inBrowser('a refused capture says code and reason, and what is no amount never leaves the page', desktop, async ({ page, sandbox, allow }) => {
  const { reference: name } = await sandbox.create();
  await sandbox.control('POST', `payments/123456/${name}/approve`);
  await opened(page, sandbox, name);
  await page.getByRole('button', { name: 'Capture…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Capture' });
  await dialog.getByLabel('Amount in NOK').fill('lots');
  await dialog.getByRole('button', { name: 'Capture' }).click();
  await dialog.getByRole('alert').getByText('"lots" is no amount').waitFor();
  allow(/status of 400/);
  await dialog.getByLabel('Amount in NOK').fill('500');
  await dialog.getByRole('button', { name: 'Capture' }).click();
  await dialog.getByRole('alert').getByText('6090 Capture amount too high').waitFor();
  await dialog.getByRole('alert').getByText('Capture 499,00 or less').waitFor();
});

inBrowser('the merchant acts with the credentials of the sales unit', desktop, async ({ page, sandbox }) => {
  const unit = await sandbox.control('POST', 'sales-units', {});
  const { reference: name } = await sandbox.create({}, { msn: unit.msn });
  await sandbox.control('POST', `payments/${unit.msn}/${name}/approve`);
  await opened(page, sandbox, name, unit.msn);
  await page.getByRole('button', { name: 'Cancel rest' }).click();
  await page.getByRole('region', { name: 'Events' }).getByText('CANCELLED').waitFor();
  const { requests } = await sandbox.control('GET', `requests?msn=${unit.msn}&operation=token`);
  assert.equal(requests.length, 1);
});

inBrowser('the clock goes on, and what expires shows it', desktop, async ({ page, sandbox }) => {
  const { reference: name } = await sandbox.create();
  await page.goto(`${sandbox.url}/_sandbox/ui/`);
  const row = page.getByRole('link', { name });
  await row.filter({ hasText: 'CREATED' }).waitFor();
  const before = new Date((await sandbox.control('GET', 'clock')).now);
  const box = page.getByRole('textbox', { name: 'Advance by' });
  await box.fill('soon');
  await page.getByRole('button', { name: 'Advance clock' }).click();
  await page.getByRole('alert').getByText('for example 11m or P180D').waitFor();
  await box.fill('11m');
  await page.getByRole('button', { name: 'Advance clock' }).click();
  await row.filter({ hasText: 'EXPIRED' }).waitFor();
  await box.fill('P180D');
  await box.press('Enter');
  await said(page, 'went on by P180D');
  const days = (new Date((await sandbox.control('GET', 'clock')).now) - before) / 86_400_000;
  assert.ok(days > 180 && days < 180.1, `${days}`);
  await page.getByRole('link', { name: /^Clock/ }).click();
  await page.getByRole('heading', { name: 'Clock', exact: true }).waitFor();
  await page.getByRole('cell', { name: 'clock moved 180 days' }).waitFor();
  await page.getByRole('button', { name: 'Freeze' }).click();
  await said(page, 'stands still');
  assert.equal((await sandbox.control('GET', 'clock')).mode, 'frozen');
  await page.getByRole('button', { name: 'Let it run' }).click();
  await page.getByRole('button', { name: 'Freeze' }).waitFor();
});

inBrowser('the phone rings, and somebody answers', desktop, async ({ page, sandbox }) => {
  await page.goto(`${sandbox.url}/_sandbox/ui/phone`);
  await page.getByText('● live').waitFor();
  const name = reference('push');
  await sandbox.create({ reference: name, userFlow: 'PUSH_MESSAGE', customer: { phoneNumber: '4712345678' } });
  const pushed = page.getByRole('region', { name: 'Push messages' });
  await pushed.getByText('+4712345678').waitFor();
  await pushed.getByRole('button', { name: `Approve ${name}` }).click();
  await said(page, 'Approved.');
  await pushed.getByText(name).waitFor({ state: 'detached' });
  assert.equal((await sandbox.payment(name)).state, 'AUTHORIZED');
});

inBrowser('a webhook that failed shows when it is tried again, and is sent once more', desktop, async ({ page, sandbox }) => {
  let status = 500;
  const receiver = createServer((request, response) => { response.statusCode = status; response.end('sorry'); });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  // A test that fails must not keep the process.
  receiver.unref();
  const msn = '200001';
  await sandbox.api('POST', '/webhooks/v1/webhooks', {
    url: `http://127.0.0.1:${receiver.address().port}/hook`, events: ['epayments.payment.created.v1'],
  }, { msn });
  const { reference: name } = await sandbox.create({}, { msn });
  await opened(page, sandbox, name, msn);
  const deliveries = page.getByRole('region', { name: 'Webhook deliveries' });
  await deliveries.getByText('500').first().waitFor();
  await page.getByRole('region', { name: 'Timeline' }).getByText('next attempt due at').first().waitFor();
  status = 200;
  await deliveries.getByRole('button', { name: /^Redeliver/ }).first().click();
  await deliveries.getByRole('row').filter({ hasText: '200' }).first().waitFor();
  await page.goto(`${sandbox.url}/_sandbox/ui/webhooks`);
  await page.getByRole('region', { name: 'Registrations' }).getByText(msn).waitFor();
  const attempt = page.getByRole('region', { name: 'Attempts' }).getByRole('listitem').filter({ hasText: '500' }).first();
  await attempt.locator('summary').click();
  await attempt.getByText('x-ms-date', { exact: true }).waitFor();
  await attempt.getByLabel('Body').last().getByText('sorry').waitFor();
});

inBrowser('a fault is armed and disarmed', desktop, async ({ page, sandbox }) => {
  await page.goto(`${sandbox.url}/_sandbox/ui/faults`);
  await page.getByLabel('What happens').selectOption('error:6260');
  await page.getByLabel('Operation', { exact: true }).selectOption('capture');
  await page.getByLabel('Reference').fill('fault-*');
  await page.getByRole('button', { name: 'Arm', exact: true }).click();
  await page.getByRole('cell', { name: 'capture, reference fault-*' }).waitFor();
  const name = reference('fault');
  await sandbox.create({ reference: name });
  await assert.rejects(sandbox.api('POST', `/epayment/v1/payments/${name}/capture`, {}), /6260/);
  await page.getByText('1 of 1').waitFor();
  await page.getByRole('button', { name: 'Delete fault-1' }).click();
  await page.getByText('Nothing is armed').waitFor();
});

inBrowser('sales units and users are set up', desktop, async ({ page, sandbox }) => {
  await page.goto(`${sandbox.url}/_sandbox/ui/units`);
  await page.getByRole('button', { name: 'Make a sales unit' }).click();
  await page.getByText('Client secret').first().waitFor();
  await page.goto(`${sandbox.url}/_sandbox/ui/users`);
  await page.getByLabel('Phone number').fill('+47 900 00 009');
  await page.getByLabel('Does with a request').selectOption('reject');
  await page.getByLabel('After').fill('2s');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('cell', { name: '+4790000009' }).waitFor();
  assert.equal((await sandbox.control('GET', 'users/4790000009')).behaviour, 'reject');
  await page.getByRole('button', { name: 'Remove 4790000009' }).click();
  await page.getByRole('cell', { name: '+4790000009' }).waitFor({ state: 'detached' });
});

inBrowser('the settings for each language have the address of the server', desktop, async ({ page, context, sandbox }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: sandbox.url });
  await page.goto(`${sandbox.url}/_sandbox/ui/connect`);
  for (const language of ['curl', 'Node', 'Python', 'PHP', '.NET', 'Java', 'Go', 'Rust']) {
    const text = await page.getByLabel(`${language} code`, { exact: true }).textContent();
    assert.ok(text.includes(sandbox.url), language);
  }
  await page.getByRole('button', { name: 'Copy Python' }).click();
  await said(page, 'Copied.');
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(copied.startsWith('import requests'), copied);
});

inBrowser('a receipt that does not add up says why', desktop, async ({ page, sandbox }) => {
  const line = { name: 'Hat', id: '1', totalAmount: 1000, totalAmountExcludingTax: 800, totalTaxAmount: 200, taxRate: 2500 };
  const { reference: name } = await sandbox.create({ receipt: { orderLines: [line], bottomLine: { currency: 'NOK' } } });
  await opened(page, sandbox, name);
  await page.getByText('The receipt does not add up').waitFor();
});
