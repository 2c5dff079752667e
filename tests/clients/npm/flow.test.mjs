// The official npm SDK, unmodified, from token to webhooks: versions 1.3.1 and 2.4.2, each as ES module and as CommonJS.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import * as sdk1 from "sdk-1";
import * as sdk2 from "sdk-2";
import { startReceiver } from "./receiver.mjs";
import { fault } from "./verify.mjs";

const require = createRequire(import.meta.url);
const EVENTS = ["created", "aborted", "expired", "cancelled", "captured", "refunded", "authorized", "terminated"].map(
    (name) => `epayments.payment.${name}.v1`,
);
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

const nok = (value) => ({ currency: "NOK", value });
const code = (error) => error.extraDetails?.find(({ name }) => name === "ErrorCode")?.reason;

/** Carries out `work` while the answers to its next `count` calls are lost after they left the sandbox; its calls. */
const losing = async (count, work) => {
    const whole = globalThis.fetch;
    const calls = [];
    globalThis.fetch = async (request) => {
        calls.push({ path: new URL(request.url).pathname, key: request.headers.get("idempotency-key") });
        const answer = await whole(request);
        return calls.length <= count ? new Response(null, { status: 503, statusText: "Service Unavailable" }) : answer;
    };
    try {
        return { result: await work(), calls };
    } finally {
        globalThis.fetch = whole;
    }
};

const flow = (name, { Client }, msn) =>
    describe(name, () => {
        const reference = `order-${msn}-${Date.now()}`;
        const client = Client({
            merchantSerialNumber: msn,
            subscriptionKey: "0f14ebcab0eb4b29ae0cb90d91b4a84a",
            useTestMode: true,
            retryRequests: true,
        });
        const order = (reference, amount) => ({
            amount: nok(amount),
            paymentMethod: { type: "WALLET" },
            reference,
            userFlow: "WEB_REDIRECT",
            returnUrl: "https://shop.example.com/thanks",
            paymentDescription: "Two pairs of socks",
        });
        let receiver;
        let token;
        let webhook;

        /** The data of a call that has to succeed. */
        const good = async (call) => {
            const answer = await call;
            assert.equal(answer.ok, true, `refused: ${JSON.stringify(answer.error)}`);
            return answer.data;
        };
        /** The error of a call that has to fail. */
        const bad = async (call) => {
            const answer = await call;
            assert.equal(answer.ok, false, `succeeded: ${JSON.stringify(answer.data)}`);
            return answer.error;
        };

        before(async () => {
            receiver = await startReceiver();
        });
        after(() => receiver.stop());

        test("a token is had", async () => {
            const data = await good(client.auth.getToken("fb492b5e-7907-4d83-ba20-c7fb60ca35de", "Y8Kteew6GE3ZmeycEt6egg=="));
            assert.equal(data.token_type, "Bearer");
            assert.equal(data.expires_in, "3599");
            assert.equal(data.access_token.split(".").length, 3);
            token = data.access_token;
        });

        test("a webhook is registered and listed without its secret", async () => {
            const data = await good(client.webhook.register(token, { url: receiver.url, events: EVENTS }));
            receiver.trust(data.secret);
            assert.match(data.id, UUID);
            assert.equal(data.secret.length, 88);
            const { webhooks } = await good(client.webhook.list(token));
            assert.deepEqual(webhooks, [{ id: data.id, url: receiver.url, events: EVENTS }]);
            webhook = data;
        });

        test("a payment is created once", async () => {
            const data = await good(client.payment.create(token, order(reference, 49900)));
            assert.equal(data.reference, reference);
            assert.ok(new URL(data.redirectUrl).searchParams.get("token"));
            const created = await good(client.payment.info(token, reference));
            assert.equal(created.state, "CREATED");
            assert.deepEqual(created.amount, nok(49900));
            assert.match(created.pspReference, UUID);

            const error = await bad(client.payment.create(token, order(reference, 49900)));
            assert.equal(code(error), "4150");
            assert.equal(error.status, 409);
            assert.equal(error.detail, `Reference ${reference} already exists.`);
        });

        test("nothing is captured before the customer approves", async () => {
            const error = await bad(client.payment.capture(token, reference, { modificationAmount: nok(49900) }));
            assert.equal(code(error), "6080");
        });

        test("force approve reserves the amount", async () => {
            await good(client.payment.forceApprove(token, reference, { customer: { phoneNumber: "4712345678" } }));
            const { state, aggregate } = await good(client.payment.info(token, reference));
            assert.equal(state, "AUTHORIZED");
            assert.deepEqual(aggregate, {
                authorizedAmount: nok(49900),
                cancelledAmount: nok(0),
                capturedAmount: nok(0),
                refundedAmount: nok(0),
            });
        });

        test("a capture that is too much is refused with its code", async () => {
            const error = await bad(client.payment.capture(token, reference, { modificationAmount: nok(49901) }));
            assert.equal(code(error), "6090");
            assert.equal(error.status, 400);
            assert.equal(error.title, "Capture amount too high");
            assert.ok(error.traceId);
        });

        test("a part is captured, and a part of that refunded", async () => {
            const captured = await good(client.payment.capture(token, reference, { modificationAmount: nok(30000) }));
            assert.equal(captured.reference, reference);
            assert.equal(captured.state, "AUTHORIZED");
            assert.deepEqual(captured.aggregate.capturedAmount, nok(30000));
            const refunded = await good(client.payment.refund(token, reference, { modificationAmount: nok(10000) }));
            assert.deepEqual(refunded.aggregate.refundedAmount, nok(10000));
            const error = await bad(client.payment.refund(token, reference, { modificationAmount: nok(20001) }));
            assert.equal(code(error), "6150");
        });

        test("a cancel whose answer is lost is repeated by the SDK and happens once", async () => {
            const { result, calls } = await losing(1, () => good(client.payment.cancel(token, reference)));
            assert.deepEqual(result.aggregate, {
                authorizedAmount: nok(49900),
                cancelledAmount: nok(19900),
                capturedAmount: nok(30000),
                refundedAmount: nok(10000),
            });
            assert.equal(calls.length, 2);
            assert.equal(calls[0].key, calls[1].key);
            const events = await good(client.payment.history(token, reference));
            assert.equal(events.filter(({ name }) => name === "CANCELLED").length, 1);
        });

        test("the event log tells what happened", async () => {
            const events = await good(client.payment.history(token, reference));
            assert.deepEqual(
                events.map(({ name, amount, success }) => [name, amount.value, success]),
                [
                    ["CREATED", 49900, true],
                    ["AUTHORIZED", 49900, true],
                    ["CAPTURED", 30000, true],
                    ["REFUNDED", 10000, true],
                    ["CANCELLED", 19900, true],
                ],
            );
            for (const event of events) {
                assert.equal(event.reference, reference);
                assert.equal(event.amount.currency, "NOK");
                assert.match(event.timestamp, TIME);
            }
        });

        test("every event is delivered in order and is genuine", async () => {
            const events = await good(client.payment.history(token, reference));
            const deliveries = await receiver.deliveriesOf(reference, events.length);
            assert.deepEqual(
                deliveries.map(({ event }) => [event.name, event.amount, event.pspReference, event.idempotencyKey]),
                events.map(({ name, amount, pspReference, idempotencyKey }) => [name, amount, pspReference, idempotencyKey]),
            );
            for (const { event, headers } of deliveries) {
                assert.equal(event.msn, msn);
                assert.equal(event.success, true);
                assert.match(event.timestamp, TIME);
                assert.equal(headers["webhook-id"], webhook.id);
                assert.equal(headers["x-vipps-authorization"], headers.authorization);
                assert.match(headers["content-type"], /^application\/json/);
            }
            assert.deepEqual(receiver.refused, []);
        });

        test("a delivery that is tampered with is refused", async () => {
            const [delivery] = await receiver.deliveriesOf(reference, 1);
            const before = receiver.genuine.length;
            const dearer = delivery.body.toString().replace("49900", "49901");
            const tampered = [
                [{ body: dearer }, "the body is not the one that was hashed"],
                [{ target: "/hooks/vipps?shop=2&note=a%20b" }, "the signature is not made with this secret"],
                [{ headers: { ...delivery.headers, host: "127.0.0.1" } }, "the signature is not made with this secret"],
                [{ headers: { ...delivery.headers, authorization: "" } }, "the signature is not made with this secret"],
                [{ headers: { ...delivery.headers, "x-ms-date": "Thu, 30 Mar 2023 08:38:32 GMT" } }, "the date is not of these minutes"],
            ];
            for (const [changes, why] of tampered) {
                assert.equal(await receiver.replay(delivery, changes), 401);
                assert.equal(receiver.refused.pop(), why);
            }
            assert.equal(receiver.genuine.length, before);
            assert.equal(await receiver.replay(delivery, {}), 202, "what was changed is what was refused");
            const decoded = Buffer.from(webhook.secret, "base64");
            assert.equal(fault(delivery, decoded), "the signature is not made with this secret");
        });

        test("a capture whose answer is lost is found by asking", async () => {
            const lost = `${reference}-lost`;
            await good(client.payment.create(token, order(lost, 20000)));
            await good(client.payment.forceApprove(token, lost, { customer: { phoneNumber: "4712345678" } }));
            // The SDK cannot send a body twice, so its own repetitions of this never reach the network.
            const { result } = await losing(9, () =>
                client.payment.capture(token, lost, { modificationAmount: nok(20000) }).catch((error) => ({ ok: false, error })),
            );
            assert.equal(result.ok, false);
            const { aggregate } = await good(client.payment.info(token, lost));
            assert.deepEqual(aggregate.capturedAmount, nok(20000));
            const error = await bad(client.payment.capture(token, lost, { modificationAmount: nok(20000) }));
            assert.equal(code(error), "6170");
        });

        test("a payment that the customer never saw is terminated by its cancel", async () => {
            const early = `${reference}-early`;
            await good(client.payment.create(token, order(early, 5000)));
            const { state } = await good(client.payment.cancel(token, early));
            assert.equal(state, "TERMINATED");
            const names = (await receiver.deliveriesOf(early, 2)).map(({ event }) => event.name);
            assert.deepEqual(names, ["CREATED", "TERMINATED"]);
        });

        test("what does not exist and what is not allowed come as errors", async () => {
            const missing = await bad(client.payment.info(token, "no-such-order"));
            assert.equal(code(missing), "5090");
            assert.equal(missing.status, 404);
            const stranger = await bad(client.payment.info("", reference));
            assert.equal(stranger.responseInfo.responseCode, 401);
            const wrong = await bad(client.webhook.register(token, { url: receiver.url, events: [] }));
            assert.equal(wrong.status, 400);
            assert.equal(wrong.extraDetails[0].name, "events");
        });

        test("a webhook that is deleted hears nothing more", async () => {
            const other = await startReceiver();
            try {
                const second = await good(client.webhook.register(token, { url: other.url, events: EVENTS }));
                other.trust(second.secret);
                await good(client.webhook.delete(token, webhook.id));
                const { webhooks } = await good(client.webhook.list(token));
                assert.deepEqual(webhooks.map(({ id }) => id), [second.id]);

                const later = `${reference}-later`;
                await good(client.payment.create(token, order(later, 5000)));
                await other.deliveriesOf(later, 1);
                // An attempt is written down when its answer is in, which the receiver cannot see.
                const log = `${process.env.EPAYMENT_SANDBOX_URL}/_sandbox/webhooks/deliveries`;
                const tried = await fetch(`${log}/wait?count=1&timeout=10s&reference=${later}`);
                const { deliveries } = await tried.json();
                assert.deepEqual(deliveries.map(({ webhookId }) => webhookId), [second.id]);
                await good(client.webhook.delete(token, second.id));
                assert.deepEqual((await good(client.webhook.list(token))).webhooks, []);
            } finally {
                other.stop();
            }
        });
    });

flow("2.4.2, import", sdk2, "242001");
flow("2.4.2, require", require("sdk-2"), "242002");
flow("1.3.1, import", sdk1, "131001");
flow("1.3.1, require", require("sdk-1"), "131002");
