// Tells whether a webhook delivery is genuine, written from the vendor's documented algorithm: neither version of the
// SDK has a verifier, and the sandbox's own code would agree with itself.

import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const TOLERANCE = 5 * 60 * 1000; // Milliseconds between the sender's clock and ours.
const SCHEME = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=";

const same = (left, right) => {
    const [a, b] = [Buffer.from(left), Buffer.from(right)];
    return a.length === b.length && timingSafeEqual(a, b);
};

/**
 * What is wrong with a delivery, or null.
 * @param {{method: string, target: string, headers: Record<string, string>, body: Buffer}} delivery as it arrived;
 *     `target` is path and query
 * @param {string} secret as the registration gave it
 */
export const fault = ({ method, target, headers, body }, secret, now = Date.now()) => {
    const date = headers["x-ms-date"] ?? "";
    if (!(Math.abs(now - Date.parse(date)) <= TOLERANCE)) return "the date is not of these minutes";
    const hash = createHash("sha256").update(body).digest("base64");
    if (!same(headers["x-ms-content-sha256"] ?? "", hash)) return "the body is not the one that was hashed";
    const signature = createHmac("sha256", secret).update(`${method}\n${target}\n${date};${headers.host};${hash}`).digest("base64");
    if (!same(headers.authorization ?? "", SCHEME + signature)) return "the signature is not made with this secret";
    return null;
};
