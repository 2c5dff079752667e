// Texts that want to be more than texts.

import assert from 'node:assert/strict';
import { reference, setUp } from '../lib/harness.mjs';
import { desktop, opened } from './steps.mjs';

const { inBrowser } = setUp();
const evil = `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>'{{7*7}}`;

inBrowser('hostile markup is shown as text, wherever it stands', desktop, async ({ page, sandbox, shop }) => {
  const name = reference('evil');
  await sandbox.control('PUT', 'sales-units/123456', { name: evil });
  await sandbox.control('PUT', 'users/4790000001', { firstName: evil, lastName: evil });
  await sandbox.api('POST', '/webhooks/v1/webhooks', {
    url: `${shop.url}/?'onload='document.title=1`, events: ['epayments.payment.created.v1'],
  });
  const line = { name: evil, id: '1', totalAmount: 49900, totalAmountExcludingTax: 39920, totalTaxAmount: 9980, taxRate: 2500 };
  await sandbox.create({
    reference: name,
    paymentDescription: evil.slice(0, 100),
    returnUrl: `https://shop.example/?${encodeURIComponent(evil)}`,
    metadata: { '<b>key</b>': evil.slice(0, 100) },
    receipt: { orderLines: [line], bottomLine: { currency: 'NOK' } },
    customer: { phoneNumber: '4790000001' },
  });
  await assert.rejects(sandbox.create({ reference: evil }));
  await assert.rejects(sandbox.create({ reference: '<img src=x onerror=alert(1)>' }, { key: evil }));
  await assert.rejects(sandbox.api('GET', `/epayment/v1/<script>`));
  await opened(page, sandbox, name);
  assert.ok((await page.locator('#detail').textContent()).includes(evil.slice(0, 100)));
  await page.getByText('Order lines (1)').click();
  assert.ok((await page.locator('.lines').textContent()).includes(evil));
  for (const summary of await page.locator('.timeline summary').all()) await summary.click();
  await page.getByLabel('Body').first().waitFor();
  for (const path of ['', 'webhooks', 'requests', 'phone', 'units', 'users']) {
    await page.goto(`${sandbox.url}/_sandbox/ui/${path}`);
    await page.locator('[data-view]:has(*)').first().waitFor();
    for (const summary of await page.locator('summary').all()) await summary.click();
    if (path === 'requests') await page.getByLabel('Body').first().waitFor();
    assert.equal(await page.locator('main img, main script').count(), 0, path);
    assert.notEqual(await page.title(), 'owned');
  }
});

inBrowser('an address that names nothing says so, whatever it says', desktop, async ({ page, sandbox }) => {
  await page.goto(`${sandbox.url}/_sandbox/ui/payments/123456/${encodeURIComponent('<b>x</b>')}`);
  await page.getByText('No such payment').waitFor();
  assert.equal(await page.locator('#detail b').count(), 0);
  await page.goto(`${sandbox.url}/_sandbox/ui/?q=${encodeURIComponent(evil + evil)}&phase=%3Cb%3E&cursor=5`);
  await page.getByText('No payment fits.').waitFor();
  assert.equal(await page.getByRole('searchbox').inputValue(), evil + evil);
});
