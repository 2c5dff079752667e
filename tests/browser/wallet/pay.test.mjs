// A person pays: number, request, and back to the shop.

import assert from 'node:assert/strict';
import { assertAccessible, reference, setUp } from '../lib/harness.mjs';
import { giveNumber, stateOf } from './steps.mjs';

const { inBrowser } = setUp();

inBrowser('a customer approves and comes back to the shop, byte for byte', async ({ page, sandbox, shop }) => {
  await sandbox.control('PUT', 'sales-units/410001', { name: 'Acme shop' });
  const returnUrl = `${shop.url}/done?order=a%20b&x=1#top`;
  const order = reference();
  const { redirectUrl } = await sandbox.create(
    { reference: order, returnUrl, customer: { phoneNumber: '4712345678' } },
    { msn: '410001' },
  );
  await page.goto(redirectUrl);
  await page.getByText('Sandbox – no money moves').waitFor();
  for (const text of ['Acme shop', 'NOK 499,00', 'One pair of socks', order]) {
    await page.getByText(text, { exact: true }).waitFor();
  }
  const number = page.getByRole('textbox', { name: 'Phone number' });
  assert.equal(await number.inputValue(), '4712345678');
  await assertAccessible(page);

  await page.getByRole('button', { name: 'Continue' }).click();
  for (const text of ['Acme shop', 'NOK 499,00', 'One pair of socks', order]) {
    await page.getByText(text, { exact: true }).waitFor();
  }
  await page.getByText('Paying as +47 123 45 678').waitFor();
  await assertAccessible(page);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('heading', { name: 'Back in the shop' }).waitFor();
  assert.equal(page.url(), returnUrl);
  assert.deepEqual(shop.seen.filter((path) => path.startsWith('/done?order')), ['/done?order=a%20b&x=1']);
  assert.equal(await stateOf(sandbox, order, '410001'), 'AUTHORIZED');
});

inBrowser('a customer rejects and comes back to the shop', async ({ page, sandbox, shop }) => {
  const { reference: order, redirectUrl } = await sandbox.create({ returnUrl: `${shop.url}/rejected` });
  await giveNumber(page, redirectUrl);
  await page.getByRole('button', { name: 'Reject' }).click();
  await page.waitForURL(`${shop.url}/rejected`);
  assert.equal(await stateOf(sandbox, order), 'ABORTED');
});

inBrowser('a customer cancels before giving a number', async ({ page, sandbox, shop }) => {
  const { reference: order, redirectUrl } = await sandbox.create({ returnUrl: `${shop.url}/cancelled` });
  await page.goto(redirectUrl);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.waitForURL(`${shop.url}/cancelled`);
  assert.equal(await stateOf(sandbox, order), 'ABORTED');
});

inBrowser('Tab and Enter suffice', async ({ page, sandbox, shop }) => {
  const { reference: order, redirectUrl } = await sandbox.create({ returnUrl: `${shop.url}/keys` });
  await page.goto(redirectUrl);
  await page.keyboard.press('Tab');
  await page.keyboard.type('+47 900 00 002');
  await page.keyboard.press('Enter');
  await page.getByText('Paying as +47 900 00 002').waitFor();
  const approve = page.getByRole('button', { name: 'Approve' });
  for (let presses = 0; !(await approve.evaluate((button) => button === document.activeElement)); presses += 1) {
    assert.ok(presses < 20, 'Tab never reaches Approve');
    await page.keyboard.press('Tab');
  }
  assert.notEqual(await approve.evaluate((button) => getComputedStyle(button).outlineStyle), 'none', 'visible focus');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${shop.url}/keys`);
  assert.equal(await stateOf(sandbox, order), 'AUTHORIZED');
});

inBrowser('everything works without JavaScript', { javaScriptEnabled: false }, async ({ page, sandbox, shop }) => {
  const { reference: order, redirectUrl } = await sandbox.create({ returnUrl: `${shop.url}/plain` });
  await giveNumber(page, redirectUrl);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.waitForURL(`${shop.url}/plain`);
  assert.equal(await stateOf(sandbox, order), 'AUTHORIZED');
});

inBrowser('nonsense for a number is refused at its field', async ({ page, sandbox }) => {
  const { redirectUrl } = await sandbox.create({ customer: { phoneNumber: '4712345678' } });
  await page.goto(redirectUrl);
  const number = page.getByRole('textbox', { name: 'Phone number' });
  for (const nonsense of ['', 'nonsense', '123']) {
    await number.fill(nonsense);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('alert').getByText('This is no phone number').waitFor();
    assert.equal(await number.inputValue(), nonsense);
    assert.equal(await number.getAttribute('aria-invalid'), 'true');
    assert.equal(await page.getByRole('button', { name: 'Approve' }).count(), 0);
  }
  await assertAccessible(page);
});

inBrowser('a locked number cannot be changed', async ({ page, sandbox }) => {
  await sandbox.control('PUT', 'sales-units/410002', { phoneNumberLocked: true });
  const { redirectUrl } = await sandbox.create({ customer: { phoneNumber: '4712345678' } }, { msn: '410002' });
  await page.goto(redirectUrl);
  const number = page.getByRole('textbox', { name: 'Phone number' });
  assert.equal(await number.isEditable(), false);
  await assertAccessible(page);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('Paying as +47 123 45 678').waitFor();
  assert.equal(await page.getByRole('link', { name: 'Change number' }).count(), 0);
  await page.goto(`${redirectUrl}&phoneNumber=4790000001`);
  await page.getByRole('alert').getByText('it cannot be changed').waitFor();
});

inBrowser('a number that nobody has is told so', async ({ page, sandbox }) => {
  await sandbox.control('PUT', 'users/4790000009', { exists: false });
  const { redirectUrl } = await sandbox.create();
  await page.goto(redirectUrl);
  await page.getByRole('textbox', { name: 'Phone number' }).fill('4790000009');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('alert').getByText('Nobody can pay with this number').waitFor();
});

inBrowser('a decline says why, and lets the customer try again', async ({ page, sandbox, shop }) => {
  const { reference: order, redirectUrl } = await sandbox.create({
    amount: { currency: 'NOK', value: 151 },
    returnUrl: `${shop.url}/given-up`,
  });
  await giveNumber(page, redirectUrl);
  for (let tries = 0; tries < 2; tries += 1) {
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('alert').getByText('Declined: insufficient funds (test amount 151). Try again or reject.').waitFor();
  }
  await assertAccessible(page);
  assert.equal(await stateOf(sandbox, order), 'CREATED');
  await page.reload();
  await page.getByRole('alert').waitFor();
  assert.equal(await stateOf(sandbox, order), 'CREATED', 'a reload cancels nothing');
  await page.getByRole('button', { name: 'Reject' }).click();
  await page.waitForURL(`${shop.url}/given-up`);
  assert.equal(await stateOf(sandbox, order), 'ABORTED');
});

inBrowser('a customer without a good card tries again with another number', async ({ page, sandbox, shop }) => {
  await sandbox.control('PUT', 'users/4790000008', { cards: [{ bin: '429198', scheme: 'VISA', expired: true }] });
  const { reference: order, redirectUrl } = await sandbox.create({ returnUrl: `${shop.url}/at-last` });
  await giveNumber(page, redirectUrl, '4790000008');
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('alert').getByText('no card that can be used').waitFor();
  await page.getByRole('link', { name: 'Change number' }).click();
  await page.getByRole('textbox', { name: 'Phone number' }).fill('90000007');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('Paying as +47 900 00 007').waitFor();
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.waitForURL(`${shop.url}/at-last`);
  assert.equal(await stateOf(sandbox, order), 'AUTHORIZED');
});

inBrowser('the customer chooses between several good cards', async ({ page, sandbox, shop }) => {
  const cards = [{ bin: '429198', scheme: 'VISA' }, { bin: '543210', scheme: 'MASTERCARD' }, { bin: '411111', scheme: 'VISA', enabled: false }];
  await sandbox.control('PUT', 'users/4790000006', { cards });
  const { reference: order, redirectUrl } = await sandbox.create({ returnUrl: `${shop.url}/card` });
  await giveNumber(page, redirectUrl, '4790000006');
  assert.equal(await page.getByRole('radio').count(), 2);
  await assertAccessible(page);
  await page.getByRole('radio', { name: /MASTERCARD/ }).check();
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.waitForURL(`${shop.url}/card`);
  assert.equal((await sandbox.payment(order)).paymentMethod.cardBin, '543210');
});

inBrowser('an unknown result is told, and nothing more can be done', async ({ page, sandbox, shop }) => {
  const { reference: order, redirectUrl } = await sandbox.create({
    amount: { currency: 'NOK', value: 201 },
    returnUrl: `${shop.url}/unknown`,
  });
  await giveNumber(page, redirectUrl);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('heading', { name: 'Waiting for the bank' }).waitFor();
  assert.equal(await page.getByRole('button').count(), 0);
  assert.equal(await stateOf(sandbox, order), 'CREATED');
  await assertAccessible(page);
  await page.getByRole('link', { name: 'Back to the shop' }).click();
  await page.waitForURL(`${shop.url}/unknown`);
});

inBrowser('order lines fold out when the receipt adds up, and only then', async ({ page, sandbox }) => {
  const line = (totalAmount) => ({
    name: 'Wool socks', id: '1', totalAmount, totalAmountExcludingTax: totalAmount * 0.8, totalTaxAmount: totalAmount * 0.2,
    taxRate: 2500, unitInfo: { unitPrice: totalAmount / 2, quantity: '2', quantityUnit: 'PCS' },
  });
  const receipt = (total) => ({ orderLines: [line(total)], bottomLine: { currency: 'NOK' } });
  const sound = await sandbox.create({ amount: { currency: 'NOK', value: 50000 }, receipt: receipt(50000) });
  await giveNumber(page, sound.redirectUrl);
  assert.equal(await page.getByText('Wool socks').isVisible(), false);
  await page.getByText('Order details (1)').click();
  assert.equal(await page.getByText('Wool socks').isVisible(), true);
  await assertAccessible(page);
  const wrong = await sandbox.create({ amount: { currency: 'NOK', value: 50000 }, receipt: receipt(40000) });
  await giveNumber(page, wrong.redirectUrl);
  assert.equal(await page.getByText('Order details').count(), 0);
  assert.equal(await page.getByText('Wool socks').count(), 0);
});

inBrowser('a card payment has a page with test cards', async ({ page, sandbox, shop }) => {
  await sandbox.control('PUT', 'users/4790000005', {
    cards: [{ bin: '429198', scheme: 'VISA' }, { bin: '411111', scheme: 'VISA', expired: true }],
  });
  const { reference: order, redirectUrl } = await sandbox.create({
    paymentMethod: { type: 'CARD' }, customer: { phoneNumber: '4790000005' }, returnUrl: `${shop.url}/by-card`,
  });
  await page.goto(redirectUrl);
  await assertAccessible(page);
  await page.getByRole('radio', { name: /4111.*expired/ }).check();
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('alert').getByText('Declined: this card').waitFor();
  await page.getByRole('radio', { name: /4291/ }).check();
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.waitForURL(`${shop.url}/by-card`);
  assert.equal((await sandbox.payment(order)).paymentMethod.cardBin, '429198');
});

inBrowser('buttons are high enough for a thumb, and nothing is wider than 360 px', async ({ page, sandbox }) => {
  const { redirectUrl } = await sandbox.create({
    reference: 'a'.repeat(64), paymentDescription: 'Donaudampfschifffahrtsgesellschaft'.repeat(2),
  });
  await page.goto(redirectUrl);
  for (const step of ['Continue', 'Approve']) {
    for (const button of await page.getByRole('button').all()) {
      const { height } = await button.boundingBox();
      assert.ok(height >= 48, `${await button.textContent()} is ${height} px high`);
    }
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    if (step === 'Continue') {
      await page.getByRole('textbox').fill('4790000001');
      await page.getByRole('button', { name: step }).click();
    }
  }
});
