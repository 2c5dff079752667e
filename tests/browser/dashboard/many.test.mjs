// Much: a long list, and a page left open while much happens.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { setUp } from '../lib/harness.mjs';
import { desktop } from './steps.mjs';

const { inBrowser } = setUp();
const BATCH = 100;

const create = (number) => {
  const body = `{"amount":{"currency":"NOK","value":1000},"paymentMethod":{"type":"WALLET"},"reference":"many-${String(number).padStart(6, '0')}","userFlow":"WEB_REDIRECT","returnUrl":"https://shop.example/"}`;
  return 'POST /epayment/v1/payments HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer any\r\nOcp-Apim-Subscription-Key: any\r\n'
    + `Merchant-Serial-Number: 123456\r\nContent-Type: application/json\r\nIdempotency-Key: key-${number}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};

/** Makes payments, `from` up to `to`, over several connections, many requests at a time on each. */
async function make(url, from, to) {
  let next = from;
  const worker = (socket) => new Promise((resolve, reject) => {
    let open = 0;
    let tail = '';
    const send = () => {
      if (next >= to) return socket.end(resolve);
      let batch = '';
      for (; open < BATCH && next < to; open += 1) batch += create(next++);
      socket.write(batch);
    };
    socket.setEncoding('latin1').on('error', reject).on('data', (chunk) => {
      const text = tail + chunk;
      open -= text.split('HTTP/1.1 201 ').length - 1;
      if (/HTTP\/1.1 [^2]/.test(text)) return reject(new Error(text));
      // A status line may be cut in two.
      const cut = text.lastIndexOf('HTTP/1.1 201 ');
      tail = text.slice(Math.max(cut + 13, text.length - 12));
      if (open === 0) send();
    });
    send();
  });
  const { hostname, port } = new URL(url);
  await Promise.all(Array.from({ length: 4 }, () => worker(connect(port, hostname))));
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
  const { reference } = await sandbox.create();
  await page.getByRole('link', { name: reference }).waitFor({ timeout: 15_000 });
  const late = await measure();
  assert.ok(await page.locator('a.row').count() <= 50);
  assert.ok(late.nodes < early.nodes * 1.5 + 2000, `nodes: ${early.nodes}, then ${late.nodes}`);
  assert.ok(late.listeners < early.listeners + 50, `listeners: ${early.listeners}, then ${late.listeners}`);
  assert.ok(late.heap < early.heap + 5_000_000, `heap: ${early.heap}, then ${late.heap}`);
});
