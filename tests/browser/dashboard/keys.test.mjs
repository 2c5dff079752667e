// The dashboard without a mouse.

import assert from 'node:assert/strict';
import { setUp } from '../lib/harness.mjs';
import { desktop, opened, said } from './steps.mjs';

const { inBrowser } = setUp();

inBrowser('every key does what the help says', desktop, async ({ page, sandbox }) => {
  const [older, newer] = [await sandbox.create(), await sandbox.create()];
  await page.goto(`${sandbox.url}/_sandbox/ui/`);
  await page.getByRole('link', { name: older.reference }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: older.reference }).waitFor();
  await page.getByRole('button', { name: 'Approve' }).waitFor();
  await page.keyboard.press('a');
  await said(page, 'Approved.');
  assert.equal((await sandbox.payment(older.reference)).state, 'AUTHORIZED');
  await page.keyboard.press('/');
  await page.keyboard.type(newer.reference);
  await page.getByRole('link', { name: older.reference }).waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: newer.reference }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: newer.reference }).waitFor();
  await page.getByRole('button', { name: 'Reject' }).waitFor();
  await page.keyboard.press('r');
  await said(page, 'Rejected.');
  await page.keyboard.press('t');
  await page.keyboard.type('11m');
  await page.keyboard.press('Enter');
  await said(page, 'went on by 11m');
  await page.goBack();
  await page.getByRole('heading', { name: older.reference }).waitFor();
});

inBrowser('Tab and Enter suffice to refund, and what has the focus is seen', desktop, async ({ page, sandbox }) => {
  const { reference } = await sandbox.create();
  await sandbox.control('POST', `payments/123456/${reference}/approve`);
  const amount = { modificationAmount: { currency: 'NOK', value: 49900 } };
  await sandbox.api('POST', `/epayment/v1/payments/${reference}/capture`, amount);
  await opened(page, sandbox, reference);
  const focused = () => page.evaluate(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
    return { name: document.activeElement.textContent.trim(), seen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 };
  });
  for (let presses = 0; ; presses += 1) {
    assert.ok(presses < 60, 'Refund… is not reached');
    await page.keyboard.press('Tab');
    const { name, seen } = await focused();
    assert.ok(seen, `${name} has no outline`);
    if (name === 'Refund…') break;
  }
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Refund' }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await said(page, 'Refunded.');
  await page.getByRole('region', { name: 'Events' }).getByText('REFUNDED').waitFor();
});
