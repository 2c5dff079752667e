// The verifier itself, against the example of the vendor's documentation.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fault } from "./verify.mjs";

const SECRET = "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==";
const published = {
    method: "POST",
    target: "/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63",
    headers: {
        host: "webhook.site",
        "x-ms-date": "Thu, 30 Mar 2023 08:38:32 GMT",
        "x-ms-content-sha256": "lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=",
        authorization:
            "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U=",
    },
    body: Buffer.from('{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}'),
};
const then = Date.parse("2023-03-30T08:38:40Z");

test("the published example is genuine", () => assert.equal(fault(published, SECRET, then), null));

test("it is not, six minutes later", () =>
    assert.equal(fault(published, SECRET, then + 6 * 60 * 1000), "the date is not of these minutes"));

test("it is not, with another secret", () =>
    assert.equal(fault(published, `${SECRET}=`, then), "the signature is not made with this secret"));
