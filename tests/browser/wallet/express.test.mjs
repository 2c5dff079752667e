// Express and consent: what the customer chooses and shares.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before } from 'node:test';
import { assertAccessible, setUp } from '../lib/harness.mjs';
import { giveNumber, stateOf } from './steps.mjs';

const { inBrowser } = setUp();
const scope = 'name address email phoneNumber';
const option = (id, name, value, more = {}) => ({ id, name, amount: { currency: 'NOK', value }, ...more });
const fixedOptions = [
  { type: 'PICKUP_POINT', brand: 'BRING', options: [option('shop', 'In the shop', 0), option('pick', 'Pickup point', 4900)] },
  { type: 'HOME_DELIVERY', brand: 'POSTEN', isDefault: true, options: [option('home', 'Home delivery', 9900, { isDefault: true })] },
];

/** A merchant's server that is asked for delivery options. */
const merchant = { asked: [], answer: () => [400, ''] };
before(async () => {
  merchant.server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks));
    merchant.asked.push(body);
    const [status, groups] = merchant.answer(body);
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ groups }));
  });
  await new Promise((resolve) => merchant.server.listen(0, '127.0.0.1', resolve));
  merchant.url = `http://127.0.0.1:${merchant.server.address().port}/options`;
});
after(() => new Promise((resolve) => { merchant.server.closeAllConnections(); merchant.server.close(resolve); }));

inBrowser('fixed options: the default is chosen, and the total follows the choice', async ({ page, sandbox, shop }) => {
  const { reference: order, redirectUrl } = await sandbox.create({
    profile: { scope }, shipping: { fixedOptions }, returnUrl: `${shop.url}/express`,
  });
  await giveNumber(page, redirectUrl);
  const radio = (name) => page.getByRole('radio', { name });
  assert.equal(await page.getByRole('radio').count(), 3);
  assert.equal(await radio('Home delivery').isChecked(), true);
  const total = page.locator('#total');
  assert.equal(await total.textContent(), 'NOK 598,00');
  await radio('Pickup point').check();
  assert.equal(await total.textContent(), 'NOK 548,00');
  await page.getByText('Delivery included').waitFor();
  assert.equal(await page.getByText('548,00').count(), 1, 'the total stands in one place');
  await assertAccessible(page);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.waitForURL(`${shop.url}/express`);
  const payment = await sandbox.payment(order);
  assert.equal(payment.aggregate.authorizedAmount.value, 54_800);
  assert.equal(payment.shippingDetails.shippingOptionId, 'pick');
  assert.equal(payment.userDetails.mobileNumber, '4790000001');
});

inBrowser('without JavaScript each option says its total', { javaScriptEnabled: false }, async ({ page, sandbox, shop }) => {
  const { reference: order, redirectUrl } = await sandbox.create({
    profile: { scope }, shipping: { fixedOptions }, returnUrl: `${shop.url}/plain-express`,
  });
  await giveNumber(page, redirectUrl);
  const choice = page.locator('label', { has: page.getByRole('radio', { name: 'In the shop' }) });
  assert.match(await choice.innerText(), /NOK 499,00 in all/);
  await choice.click();
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.waitForURL(`${shop.url}/plain-express`);
  assert.equal((await sandbox.payment(order)).aggregate.authorizedAmount.value, 49_900);
});

inBrowser('a choice survives a decline', async ({ page, sandbox }) => {
  const { redirectUrl } = await sandbox.create({
    amount: { currency: 'NOK', value: 151 }, profile: { scope }, shipping: { fixedOptions },
  });
  await giveNumber(page, redirectUrl);
  await page.getByRole('radio', { name: 'In the shop' }).check();
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('alert').getByText('insufficient funds').waitFor();
  assert.equal(await page.getByRole('radio', { name: 'In the shop' }).isChecked(), true);
  assert.equal(await page.locator('#total').textContent(), 'NOK 1,51');
});

inBrowser('the customer chooses between several addresses', async ({ page, sandbox, shop }) => {
  const address = (addressLine1, country = 'NO') => ({ addressLine1, city: 'Oslo', country, postCode: '0155' });
  await sandbox.control('PUT', 'users/4790000011', {
    addresses: [address('Storgata 1'), address('Vestergade 2', 'DK'), address('Hyttevegen 3')],
  });
  const { reference: order, redirectUrl } = await sandbox.create({
    profile: { scope }, shipping: { fixedOptions }, returnUrl: `${shop.url}/cabin`,
  });
  await giveNumber(page, redirectUrl, '4790000011');
  await page.getByRole('radio', { name: /Hyttevegen 3/ }).check();
  assert.equal(await page.getByRole('radio', { name: /Vestergade/ }).count(), 0, 'not delivered to Denmark');
  await assertAccessible(page);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.waitForURL(`${shop.url}/cabin`);
  assert.equal((await sandbox.payment(order)).shippingDetails.address.addressLine1, 'Hyttevegen 3');
});

inBrowser('dynamic options come from the merchant, who is asked once for an address', async ({ page, sandbox, shop }) => {
  const address = (addressLine1) => ({ addressLine1, city: 'Oslo', country: 'NO', postCode: '0155' });
  await sandbox.control('PUT', 'users/4790000012', { addresses: [address('Storgata 1'), address('Hyttevegen 3')] });
  merchant.asked.length = 0;
  merchant.answer = ({ addressLine1 }) => [200, [{
    type: 'HOME_DELIVERY', brand: 'POSTEN', options: [option('door', `To the door of ${addressLine1}`, 7500)],
  }]];
  const { reference: order, redirectUrl } = await sandbox.create({
    profile: { scope }, shipping: { dynamicOptions: { callbackUrl: merchant.url } }, returnUrl: `${shop.url}/dynamic`,
  });
  await giveNumber(page, redirectUrl, '4790000012');
  await page.getByRole('radio', { name: /To the door of Storgata 1/ }).waitFor();
  assert.equal(await page.locator('#total').textContent(), 'NOK 574,00');
  await page.reload();
  await page.getByRole('radio', { name: /To the door of Storgata 1/ }).waitFor();
  assert.equal(merchant.asked.length, 1);
  // Nobody pays for a delivery that was not shown.
  await page.getByRole('radio', { name: /^Hyttevegen 3/ }).check();
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('alert').getByText('These are the ways of delivery to this address').waitFor();
  await page.getByRole('radio', { name: /To the door of Hyttevegen 3/ }).waitFor();
  await assertAccessible(page);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.waitForURL(`${shop.url}/dynamic`);
  assert.deepEqual(merchant.asked.map(({ addressLine1 }) => addressLine1), ['Storgata 1', 'Hyttevegen 3']);
  const payment = await sandbox.payment(order);
  assert.equal(payment.aggregate.authorizedAmount.value, 57_400);
  assert.equal(payment.shippingDetails.address.addressLine1, 'Hyttevegen 3');
});

inBrowser('a merchant who does not deliver there is told of, and asked again', async ({ page, sandbox }) => {
  merchant.answer = () => [400, []];
  const { redirectUrl } = await sandbox.create({
    profile: { scope }, shipping: { dynamicOptions: { callbackUrl: merchant.url } },
  });
  await giveNumber(page, redirectUrl);
  await page.getByRole('alert').getByText('The shop does not deliver to this address.').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Approve' }).count(), 0);
  await assertAccessible(page);
  merchant.answer = () => [200, [{ type: 'OTHER', brand: 'OTHER', options: [option('now', 'After all', 0)] }]];
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('radio', { name: 'After all' }).waitFor();
  await page.getByRole('button', { name: 'Approve' }).waitFor();
});

inBrowser('what is asked for is named, and shared with an approval', async ({ page, sandbox, shop }) => {
  const { reference: order, redirectUrl } = await sandbox.create({
    profile: { scope: 'name email birthDate' }, returnUrl: `${shop.url}/shared`,
  });
  await giveNumber(page, redirectUrl);
  for (const name of ['Name', 'Email address', 'Date of birth']) await page.getByText(name, { exact: true }).waitFor();
  assert.equal(await page.getByRole('checkbox', { name: 'Share this with the shop' }).isChecked(), true);
  await assertAccessible(page);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.waitForURL(`${shop.url}/shared`);
  const { state, userDetails, profile } = await sandbox.payment(order);
  assert.equal(state, 'AUTHORIZED');
  assert.ok(userDetails.email && profile.sub);
});

inBrowser('whoever does not share does not pay', async ({ page, sandbox, shop }) => {
  const { reference: order, redirectUrl } = await sandbox.create({
    profile: { scope: 'name' }, returnUrl: `${shop.url}/not-shared`,
  });
  await giveNumber(page, redirectUrl);
  await page.getByRole('checkbox', { name: 'Share this with the shop' }).uncheck();
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.waitForURL(`${shop.url}/not-shared`);
  assert.equal(await stateOf(sandbox, order), 'ABORTED');
});
