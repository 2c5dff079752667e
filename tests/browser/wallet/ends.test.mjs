// Where there is nothing to pay: expired, finished, unknown; and hostile text, frames and QR codes.

import assert from 'node:assert/strict';
import jsQR from 'jsqr';
import { PNG } from 'pngjs';
import { assertAccessible, setUp } from '../lib/harness.mjs';
import { giveNumber, stateOf } from './steps.mjs';

const { inBrowser } = setUp();

async function ended(page, url, status, heading) {
  const response = await page.goto(url);
  assert.equal(response.status(), status);
  await page.getByRole('heading', { name: heading }).waitFor();
  await page.getByText('Sandbox – no money moves').waitFor();
  assert.equal(await page.getByRole('button').count(), 0, 'there is nothing to approve');
  await assertAccessible(page);
}

inBrowser('an expired link says so, before and after giving the number', async ({ page, allow, sandbox }) => {
  allow(/410 \(Gone\)/);
  await sandbox.control('PUT', 'sales-units/420001', {});
  const { redirectUrl } = await sandbox.create({}, { msn: '420001' });
  await giveNumber(page, redirectUrl);
  await sandbox.control('POST', 'clock/advance?msn=420001', { by: '11m' });
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('heading', { name: 'Payment expired' }).waitFor();
  await page.getByText('it has expired').waitFor();
  await ended(page, redirectUrl, 410, 'Payment expired');
});

inBrowser('finished payments offer nothing', async ({ page, allow, sandbox }) => {
  allow(/410 \(Gone\)/);
  for (const [verb, heading] of [['approve', 'Payment approved'], ['reject', 'Payment cancelled']]) {
    const { reference: order, redirectUrl } = await sandbox.create();
    await sandbox.control('POST', `payments/123456/${order}/${verb}`, {});
    await ended(page, redirectUrl, 410, heading);
  }
  const { reference: order, redirectUrl } = await sandbox.create();
  await sandbox.api('POST', `/epayment/v1/payments/${order}/cancel`);
  await ended(page, redirectUrl, 410, 'Payment withdrawn');
});

inBrowser('unknown and forged tokens lead to no payment', async ({ page, allow, sandbox }) => {
  allow(/404 \(Not Found\)/);
  const { redirectUrl } = await sandbox.create();
  const forged = redirectUrl.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
  for (const url of [`${sandbox.url}/pay`, `${sandbox.url}/pay?token=`, `${sandbox.url}/pay?token=a.b.c`, forged.slice(0, -9), `${redirectUrl}x`]) {
    await ended(page, url, 404, 'Unknown payment link');
  }
});

inBrowser('a payment without a way back ends on a page of its own', async ({ page, sandbox }) => {
  const { reference: order, redirectUrl } = await sandbox.create({ userFlow: 'NATIVE_REDIRECT', returnUrl: undefined });
  await giveNumber(page, redirectUrl);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('heading', { name: 'Payment approved' }).waitFor();
  assert.equal(await page.getByRole('link').count(), 0);
  assert.equal(await stateOf(sandbox, order), 'AUTHORIZED');
  await assertAccessible(page);
});

inBrowser('hostile markup is shown as text', async ({ page, sandbox }) => {
  const hostile = (place) => `"><img src=x onerror=alert(1)><script>alert('${place}')</script>{{7*7}}`;
  const fits = (place) => hostile(place).slice(0, 100);
  await sandbox.control('PUT', 'sales-units/420002', { name: hostile('unit') });
  await sandbox.control('PUT', 'users/4790000021', {
    firstName: hostile('first'), lastName: hostile('last'), email: hostile('email'),
    addresses: [1, 2].map((house) => ({ addressLine1: hostile(`street ${house}`), city: hostile('city'), country: 'NO', postCode: '0155' })),
    cards: ['429198', '543210'].map((bin) => ({ bin, scheme: hostile(`scheme ${bin}`) })),
  });
  const line = {
    name: hostile('line'), id: '1', totalAmount: 50_000, totalAmountExcludingTax: 40_000, totalTaxAmount: 10_000, taxRate: 2500,
  };
  const options = [{
    id: hostile('id'), name: hostile('option'), amount: { currency: 'NOK', value: 100 }, meta: hostile('meta'),
    estimatedDelivery: hostile('delivery'),
  }];
  const { redirectUrl } = await sandbox.create({
    amount: { currency: 'NOK', value: 50_000 },
    paymentDescription: fits('description'),
    receipt: { orderLines: [line], bottomLine: { currency: 'NOK' } },
    profile: { scope: 'name address email phoneNumber' },
    shipping: { fixedOptions: [{ type: 'OTHER', brand: 'OTHER', options }] },
  }, { msn: '420002' });
  let dialogs = 0;
  page.on('dialog', (dialog) => { dialogs += 1; dialog.dismiss(); });
  await page.goto(`${redirectUrl}&phoneNumber=${encodeURIComponent(hostile('number'))}`);
  assert.equal(await page.getByRole('textbox').inputValue(), hostile('number'));
  await giveNumber(page, redirectUrl, '4790000021');
  await page.getByText('Order details').click();
  const text = await page.locator('main').innerText();
  for (const place of ['unit', 'first', 'last', 'email', 'street 1', 'city', 'scheme 429198', 'line', 'option', 'meta', 'delivery']) {
    assert.ok(text.includes(hostile(place)), place);
  }
  assert.ok(text.includes(fits('description')));
  assert.equal(await page.locator('main img, main script').count(), 0);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  assert.equal(dialogs, 0);
});

inBrowser('no other page can frame the wallet', async ({ page, allow, sandbox, shop }) => {
  allow(/frame-ancestors|X-Frame-Options|Refused to (frame|display)|Framing/);
  const { redirectUrl } = await sandbox.create();
  await page.goto(shop.url);
  await page.evaluate((url) => {
    const frame = document.createElement('iframe');
    frame.src = url;
    document.body.append(frame);
    return new Promise((resolve) => { frame.onload = resolve; });
  }, redirectUrl);
  assert.equal(await page.frameLocator('iframe').getByRole('button').count(), 0);
});

inBrowser('another page cannot press the button', async ({ page, allow, sandbox, shop }) => {
  allow(/403 \(Forbidden\)/);
  const { reference: order, redirectUrl } = await sandbox.create();
  await page.goto(shop.url);
  await page.evaluate((url) => {
    const form = document.createElement('form');
    form.method = 'post';
    form.action = new URL('/pay', url).href;
    const fields = { token: new URL(url).searchParams.get('token'), phoneNumber: '4790000001', action: 'approve' };
    for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement('input'), { name, value }));
    document.body.append(form);
    form.submit();
  }, redirectUrl);
  await page.getByRole('heading', { name: 'Not from here' }).waitFor();
  assert.equal(await stateOf(sandbox, order), 'CREATED');
});

const decode = (png) => {
  const { data, width, height } = PNG.sync.read(png);
  return { text: jsQR(new Uint8ClampedArray(data), width, height)?.data, width, height };
};

inBrowser('a QR code leads to the page, as an image on a page of the shop', { viewport: { width: 800, height: 900 } }, async ({ page, sandbox, shop }) => {
  const { reference: order, redirectUrl } = await sandbox.create({ userFlow: 'QR', returnUrl: `${shop.url}/scanned` });
  assert.match(redirectUrl, /\/qr\?token=/);
  await page.goto(shop.url);
  const loaded = await page.evaluate(async (src) => {
    const image = new Image();
    image.src = src;
    image.alt = 'Scan to pay';
    document.body.append(image);
    await image.decode();
    return image.naturalWidth > 0;
  }, redirectUrl);
  assert.ok(loaded);
  const { text } = decode(await page.getByRole('img').screenshot());
  assert.equal(text, redirectUrl.replace('/qr?', '/pay?'));
  await giveNumber(page, text);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.waitForURL(`${shop.url}/scanned`);
  assert.equal(await stateOf(sandbox, order), 'AUTHORIZED');
});

inBrowser('a PNG has the size asked for, and can be read down to the smallest', async ({ page, sandbox }) => {
  for (const size of [100, 250, 1024, 2000]) {
    const { redirectUrl } = await sandbox.create({ userFlow: 'QR', qrFormat: { format: 'IMAGE/PNG', size } });
    const response = await page.request.get(redirectUrl);
    assert.equal(response.headers()['content-type'], 'image/png');
    const { text, width, height } = decode(await response.body());
    assert.deepEqual([width, height, text], [size, size, redirectUrl.replace('/qr?', '/pay?')]);
  }
});
