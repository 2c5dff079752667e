// Much: a long list, and a page left open while much happens.

import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { setUp } from '../lib/harness.mjs';
import { desktop } from './steps.mjs';

const { inBrowser } = setUp();
const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** One call over a connection that is kept. */
function call(url, method, path, headers, body = '') {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { method, agent, headers: { ...headers, 'Content-Length': Buffer.byteLength(body) } }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Makes payments, `from` up to `to`, over several connections at once. */
async function make(url, from, to) {
  let next = from;
  const worker = async () => {
    while (next < to) {
      const number = next++;
      const status = await call(url, 'POST', '/epayment/v1/payments', {
        Authorization: 'Bearer any', 'Ocp-Apim-Subscription-Key': 'any', 'Merchant-Serial-Number': '123456',
        'Content-Type': 'application/json', 'Idempotency-Key': `key-${number}`,
      }, `{"amount":{"currency":"NOK","value":1000},"paymentMethod":{"type":"WALLET"},"reference":"many-${String(number).padStart(6, '0')}","userFlow":"WEB_REDIRECT","returnUrl":"https://shop.example/"}`);
      assert.equal(status, 201);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

inBrowser('ten thousand payments are quick to open and to filter', desktop, async ({ page, sandbox }) => {
  await make(sandbox.url, 0, 10_000);
  const timed = async (what, act) => {
    const began = performance.now();
    await act();
    const took = performance.now() - began;
    assert.ok(took < 3000, `${what} took ${Math.round(took)} ms`);
  };
  await timed('opening', async () => {
    await page.goto(`${sandbox.url}/_sandbox/ui/`);
    await page.getByText('10000 payments').waitFor();
  });
  assert.ok(await page.locator('a.row').count() <= 50);
  await timed('finding one', async () => {
    await page.getByRole('searchbox').fill('many-000042');
    await page.getByRole('link', { name: 'many-000042' }).waitFor();
  });
  await timed('finding none', async () => {
    await page.getByLabel('Phase').selectOption('CAPTURED');
    await page.getByText('No payment fits.').waitFor();
  });
  await page.getByRole('link', { name: 'Show all payments' }).click();
  await timed('the next page', async () => {
    await page.getByRole('link', { name: 'Older payments' }).click();
    await page.getByRole('link', { name: 'Back to the newest' }).waitFor();
  });
  assert.equal(await page.locator('a.row').count(), 50);
});

inBrowser('a page left open through a hundred thousand events stays small', desktop, async ({ page, sandbox }) => {
  await page.goto(`${sandbox.url}/_sandbox/ui/`);
  await page.getByText('● live').waitFor();
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const measure = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    const value = (name) => metrics.find((metric) => metric.name === name).value;
    return { nodes: value('Nodes'), listeners: value('JSEventListeners'), heap: value('JSHeapUsedSize') };
  };
  // A create tells of a call and of a payment: two events each.
  await make(sandbox.url, 20_000, 30_000);
  const early = await measure();
  await make(sandbox.url, 30_000, 70_000);
  await page.getByRole('link', { name: 'many-069999' }).waitFor({ timeout: 15_000 });
  const late = await measure();
  assert.ok(await page.locator('a.row').count() <= 50);
  assert.ok(late.nodes < early.nodes * 1.5 + 2000, `nodes: ${early.nodes}, then ${late.nodes}`);
  assert.ok(late.listeners < early.listeners + 50, `listeners: ${early.listeners}, then ${late.listeners}`);
  assert.ok(late.heap < early.heap + 5_000_000, `heap: ${early.heap}, then ${late.heap}`);
});
