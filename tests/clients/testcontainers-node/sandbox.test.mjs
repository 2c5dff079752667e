// Testcontainers for Node with the image SANDBOX_IMAGE, as docs/testcontainers.md has it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { GenericContainer, Wait } from "testcontainers";
import { startSandbox } from "./sandbox.mjs";

const image = process.env.SANDBOX_IMAGE;

async function call(url, path, options) {
  const headers = {
    Authorization: "Bearer any",
    "Ocp-Apim-Subscription-Key": "any",
    "Merchant-Serial-Number": "123456",
    "Content-Type": "application/json",
    "Idempotency-Key": "first",
  };
  return await fetch(url + path, { headers, ...options });
}

const create = (url) =>
  call(url, "/epayment/v1/payments", {
    method: "POST",
    body: JSON.stringify({
      amount: { currency: "NOK", value: 1000 },
      paymentMethod: { type: "WALLET" },
      reference: "order-0001",
      userFlow: "WEB_REDIRECT",
      returnUrl: "http://localhost/back",
    }),
  });

test("a payment is approved, and its webhook reaches the test on the machine", async (t) => {
  const events = [];
  const receiver = createServer(async (request, response) => {
    const chunks = await request.toArray();
    events.push(JSON.parse(Buffer.concat(chunks)).name);
    response.end();
    receiver.emit("event");
  }).listen(0, "0.0.0.0");
  await once(receiver, "listening");
  t.after(() => receiver.close());

  const settings = {
    EPAYMENT_SANDBOX_CUSTOMER: "approve",
    EPAYMENT_SANDBOX_WEBHOOK_URL: `http://host.docker.internal:${receiver.address().port}/hook`,
    EPAYMENT_SANDBOX_WEBHOOK_SECRET: "a-secret-of-mine",
  };
  const { container, url } = await startSandbox(settings, image);
  t.after(() => container.stop());
  const created = await create(url);
  assert.equal(created.status, 201);
  const payment = await (await call(url, "/epayment/v1/payments/order-0001")).json();
  assert.equal(payment.state, "AUTHORIZED");
  while (!events.includes("AUTHORIZED")) {
    await once(receiver, "event", { signal: AbortSignal.timeout(20_000) });
  }
});

for (const [name, strategy] of [
  ["the ready line", Wait.forLogMessage(/^epayment-sandbox .* ready /)],
  ["the image's health check", Wait.forHealthCheck()],
]) {
  test(`waiting for ${name} works too`, async (t) => {
    const container = await new GenericContainer(image).withExposedPorts(8477).withWaitStrategy(strategy).start();
    t.after(() => container.stop());
    assert.equal((await create(`http://${container.getHost()}:${container.getMappedPort(8477)}`)).status, 201);
  });
}

test("waiting for ports asks for a shell, in vain", async () => {
  const container = new GenericContainer(image)
    .withExposedPorts(8477)
    .withWaitStrategy(Wait.forListeningPorts().withStartupTimeout(3_000));
  await assert.rejects(container.start(), /not bound/);
});
