// A sandbox of a test file's own, and what a merchant and a test do with it.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const program =
  process.env.SANDBOX_PROGRAM ?? new URL('../../../target/debug/epayment-sandbox', import.meta.url).pathname;

/** Starts a sandbox on a free port. `flags` go to the program. */
export async function startSandbox(...flags) {
  const folder = await mkdtemp(join(tmpdir(), 'epayment-sandbox-'));
  const portFile = join(folder, 'port');
  const child = spawn(
    program,
    ['serve', '--listen', '127.0.0.1:0', '--tls-listen', 'off', '--port-file', portFile, ...flags],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk) => { said += chunk; });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const address = async () => {
    for (;;) {
      try {
        return JSON.parse(await readFile(portFile, 'utf8')).http;
      } catch {
        if (child.exitCode !== null) throw new Error(`the sandbox did not start: ${said}`);
        await sleep(20);
      }
    }
  };
  const url = `http://${await address()}`;
  return {
    url,
    ...merchant(url),
    async stop() {
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A reference that no other test has. */
export const reference = (name = 'order') => `${name}-${randomUUID().slice(0, 8)}`;

function merchant(url) {
  /** One call of the emulated API, for the sales unit `msn`. */
  async function api(method, path, body, { msn = '123456', key = randomUUID() } = {}) {
    const response = await fetch(url + path, {
      method,
      headers: {
        Authorization: 'Bearer any',
        'Ocp-Apim-Subscription-Key': '0f14ebcab0eb4b29ae0cb90d91b4a84a',
        'Merchant-Serial-Number': msn,
        'Idempotency-Key': key,
        'Content-Type': 'application/json',
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return answer(response, `${method} ${path}`);
  }

  /** One call of the control API. */
  async function control(method, path, body) {
    const response = await fetch(`${url}/_sandbox/${path}`, {
      method,
      headers: { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return answer(response, `${method} /_sandbox/${path}`);
  }

  /** Makes a payment of NOK 499,00 by redirect; `parts` are put over it. Returns `{reference, redirectUrl}`. */
  const create = (parts = {}, options = {}) =>
    api('POST', '/epayment/v1/payments', {
      amount: { currency: 'NOK', value: 49900 },
      paymentMethod: { type: 'WALLET' },
      reference: reference(),
      userFlow: 'WEB_REDIRECT',
      returnUrl: 'https://shop.example/done',
      paymentDescription: 'One pair of socks',
      ...parts,
    }, options);

  /** How a payment stands: the body of the emulated API. */
  const payment = (reference, options) => api('GET', `/epayment/v1/payments/${reference}`, undefined, options);

  return { api, control, create, payment };
}

async function answer(response, what) {
  const text = await response.text();
  if (!response.ok) throw new Error(`${what}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** A shop that customers come back to: says which address they came to. */
export async function startShop() {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push(request.url);
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end('<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,"><h1>Back in the shop</h1>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  return {
    url,
    seen,
    server,
    stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }),
  };
}
