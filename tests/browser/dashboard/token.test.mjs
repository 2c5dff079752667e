// A sandbox that was started with a control token.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setUp } from '../lib/harness.mjs';
import { desktop } from './steps.mjs';

const token = randomUUID();
const { inBrowser } = setUp('--control-token', token);

inBrowser('the control token is asked for, kept in the tab and sent with every call', desktop, async ({ page, context, sandbox, allow }) => {
  const { reference } = await sandbox.create();
  await page.goto(`${sandbox.url}/_sandbox/ui/`);
  const box = page.getByLabel('Control token');
  await box.waitFor();
  assert.equal(await page.getByRole('link', { name: reference }).count(), 0, 'nothing is told before');
  await page.keyboard.press('Escape');
  assert.ok(await box.isVisible());
  allow(/status of 401/);
  await box.fill('wrong');
  await box.press('Enter');
  await page.getByText('This token is not the right one.').waitFor();
  await box.fill(token);
  await box.press('Enter');
  await page.getByRole('link', { name: reference }).click();
  await page.getByText('● live').waitFor();
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('region', { name: 'Events' }).getByText('AUTHORIZED').waitFor();
  await page.reload();
  await page.getByRole('heading', { name: reference }).waitFor();
  const other = await context.newPage();
  await other.goto(page.url());
  await other.getByLabel('Control token').waitFor();
});
