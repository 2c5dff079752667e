// Going back in the browser cancels; looking never does.

import assert from 'node:assert/strict';
import { assertAccessible, setUp } from '../lib/harness.mjs';
import { giveNumber, stateOf } from './steps.mjs';

const { inBrowser } = setUp();

/** From now on the pages of this context write down whether they sent a form. */
const watchForms = (context) =>
  context.addInitScript(() => addEventListener('submit', () => { globalThis.hasSent = true; }, { capture: true }));

/** What a page does by itself it does when it is shown, which is part of its loading: by now it has, or never will. */
const assertSentNothing = async (page) => {
  await page.waitForLoadState('load');
  assert.equal(await page.evaluate(() => globalThis.hasSent ?? false), false, 'the page sent a form');
};

inBrowser('going back after giving the number cancels the payment', async ({ page, sandbox, shop }) => {
  const { reference: order, redirectUrl } = await sandbox.create({ returnUrl: `${shop.url}/left` });
  await giveNumber(page, redirectUrl);
  assert.equal(await stateOf(sandbox, order), 'CREATED');
  await page.goBack();
  await page.getByRole('heading', { name: 'Payment cancelled' }).waitFor();
  assert.equal(await stateOf(sandbox, order), 'ABORTED');
  assert.equal(await page.getByRole('button', { name: 'Approve' }).count(), 0);
  await assertAccessible(page);
  await page.getByRole('link', { name: 'Back to the shop' }).click();
  await page.waitForURL(`${shop.url}/left`);
});

inBrowser('going back cancels from a shop that was there before, and after a decline', async ({ page, context, sandbox, shop }) => {
  await watchForms(context);
  const { reference: order, redirectUrl } = await sandbox.create({ amount: { currency: 'NOK', value: 151 } });
  await page.goto(`${shop.url}/basket`);
  await giveNumber(page, redirectUrl);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('alert').waitFor();
  await page.goBack();
  await page.getByRole('button', { name: 'Approve' }).waitFor();
  await assertSentNothing(page);
  assert.equal(await stateOf(sandbox, order), 'CREATED', 'this is still the request');
  await page.goBack();
  await page.getByRole('heading', { name: 'Payment cancelled' }).waitFor();
  assert.equal(await stateOf(sandbox, order), 'ABORTED');
});

inBrowser('reloads, plain visits and second tabs cancel nothing', async ({ page, context, sandbox }) => {
  await watchForms(context);
  const { reference: order, redirectUrl } = await sandbox.create();
  await page.goto(redirectUrl);
  await page.reload();
  await giveNumber(page, redirectUrl);
  await page.reload();
  await page.getByRole('button', { name: 'Approve' }).waitFor();
  const tab = await context.newPage();
  await tab.goto(redirectUrl);
  await assertSentNothing(tab);
  await page.goto(redirectUrl);
  await assertSentNothing(page);
  await page.reload();
  await assertSentNothing(page);
  await page.getByRole('button', { name: 'Continue' }).waitFor();
  assert.equal(await stateOf(sandbox, order), 'CREATED');
});

inBrowser('going back to the shop, or to the request, cancels nothing', async ({ page, context, sandbox, shop }) => {
  await watchForms(context);
  const { reference: order, redirectUrl } = await sandbox.create();
  await page.goto(`${shop.url}/basket`);
  await page.goto(redirectUrl);
  await page.goBack();
  await page.waitForURL(`${shop.url}/basket`);
  await page.goForward();
  await page.getByRole('button', { name: 'Continue' }).waitFor();
  await assertSentNothing(page);
  assert.equal(await stateOf(sandbox, order), 'CREATED', 'the number was not given yet');
  await giveNumber(page, redirectUrl);
  await page.getByRole('link', { name: 'Change number' }).click();
  await page.getByRole('button', { name: 'Continue' }).waitFor();
  await page.goBack();
  await page.getByRole('button', { name: 'Approve' }).waitFor();
  await assertSentNothing(page);
  assert.equal(await stateOf(sandbox, order), 'CREATED');
});

inBrowser('going back after approving changes nothing', async ({ page, context, allow, sandbox, shop }) => {
  await watchForms(context);
  allow(/410 \(Gone\)/);
  const { reference: order, redirectUrl } = await sandbox.create({ returnUrl: `${shop.url}/paid` });
  await giveNumber(page, redirectUrl);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.waitForURL(`${shop.url}/paid`);
  for (let steps = 0; steps < 2; steps += 1) {
    await page.goBack();
    await page.getByRole('heading', { name: 'Payment approved' }).waitFor();
  }
  await assertSentNothing(page);
  assert.equal(await page.getByRole('button').count(), 0);
  assert.equal(await stateOf(sandbox, order), 'AUTHORIZED');
});
