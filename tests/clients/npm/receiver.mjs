// A shop's webhook endpoint: takes what is genuine, refuses the rest.

import { createServer, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { fault } from "./verify.mjs";

export const startReceiver = async () => {
    const genuine = []; // {target, headers, body, event} in order of arrival.
    const refused = []; // Why.
    const waiting = new Set();
    let secret = null;
    let holdUntilKnown;
    const known = new Promise((resolve) => (holdUntilKnown = resolve));

    const server = createServer(async (incoming, answer) => {
        const body = await buffer(incoming);
        // A delivery can outrun the answer that brings the secret.
        await known;
        const delivery = { method: incoming.method, target: incoming.url, headers: incoming.headers, body };
        const wrong = fault(delivery, secret);
        if (wrong) {
            refused.push(wrong);
            answer.writeHead(401).end();
            return;
        }
        genuine.push({ ...delivery, event: JSON.parse(body) });
        answer.writeHead(202).end();
        for (const look of waiting) look();
    });
    await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
    const { port } = server.address();

    return {
        url: `http://127.0.0.1:${port}/hooks/vipps?shop=1&note=a%20b`,
        genuine,
        refused,
        trust: (text) => {
            secret = text;
            holdUntilKnown();
        },
        /** The first `count` genuine deliveries of one payment; fails after ten seconds. */
        deliveriesOf: (reference, count) =>
            new Promise((resolve, reject) => {
                const timer = setTimeout(() => {
                    waiting.delete(look);
                    const names = genuine.map(({ event }) => `${event.reference} ${event.name}`);
                    reject(new Error(`not ${count} deliveries of ${reference}, but [${names}], and refused [${refused}]`));
                }, 10_000);
                const look = () => {
                    const found = genuine.filter(({ event }) => event.reference === reference);
                    if (found.length < count) return;
                    waiting.delete(look);
                    clearTimeout(timer);
                    resolve(found);
                };
                waiting.add(look);
                look();
            }),
        /** Sends a delivery again, with the changes given; answers the status. */
        replay: (delivery, changes) => {
            const { target, headers, body } = { ...delivery, ...changes };
            return new Promise((resolve, reject) => {
                const sent = { ...headers, "content-length": Buffer.byteLength(body) };
                request({ port, host: "127.0.0.1", method: "POST", path: target, headers: sent }, (answer) => {
                    answer.resume();
                    resolve(answer.statusCode);
                })
                    .on("error", reject)
                    .end(body);
            });
        },
        stop: () => {
            server.closeAllConnections();
            server.close();
        },
    };
};
