"""A merchant's code in Python, from token to webhooks. Every test makes its own payment."""

import itertools
import os
import time
import unittest

from merchant import Merchant, Refused, sums
from receiver import Receiver, fault

EVENTS = [
    f"epayments.payment.{name}.v1"
    for name in ("created", "aborted", "expired", "cancelled", "captured", "refunded", "authorized", "terminated")
]
KEYS = ("fb492b5e-7907-4d83-ba20-c7fb60ca35de", "Y8Kteew6GE3ZmeycEt6egg==", "0f14ebcab0eb4b29ae0cb90d91b4a84a")


def summary(events):
    return [(event["name"], event["amount"]["value"], event["success"]) for event in events]


EPAYMENT_SANDBOX_URL = os.environ["EPAYMENT_SANDBOX_URL"]
# Where the shop finds the API, if not there. The sandbox may have seen the other shops before.
API_URL = os.environ.get("API_URL", EPAYMENT_SANDBOX_URL)


class Flow(unittest.TestCase):
    """A shop with a sales unit of its own."""

    msns = itertools.count(329001 if API_URL == EPAYMENT_SANDBOX_URL else 339001)

    def setUp(self):
        self.msn = str(next(self.msns))
        self.shop = Merchant(API_URL, self.msn, *KEYS)
        self.reference = f"order-{self.msn}-{time.time_ns()}"

    def refused(self, *call):
        """The status and ErrorCode of a call that has to be refused."""
        with self.assertRaises(Refused) as refusal:
            call[0](*call[1:])
        return refusal.exception.status, refusal.exception.code

    def approved(self, value):
        self.shop.create(self.reference, value, f"create-{self.reference}")
        self.shop.approve(self.reference)
        return self.reference


class Payments(Flow):
    """A shop that asks."""

    def test_a_token_is_had(self):
        token = self.shop.token
        self.assertEqual((token["token_type"], token["expires_in"]), ("Bearer", "3599"))
        self.assertEqual(len(token["access_token"].split(".")), 3)
        self.assertGreater(int(token["expires_on"]), time.time())

    def test_a_payment_is_created_once(self):
        reference, key = self.reference, f"create-{self.reference}"
        created = self.shop.create(reference, 49900, key)
        self.assertEqual(created["reference"], reference)
        self.assertIn("token=", created["redirectUrl"])
        self.assertEqual(self.shop.create(reference, 49900, key), created, "the same call has the same answer")
        self.assertEqual(self.refused(self.shop.create, reference, 50000, key), (409, "4020"))
        self.assertEqual(self.refused(self.shop.create, reference, 49900, key + "x"), (409, "4150"))
        payment = self.shop.get(reference)
        self.assertEqual((payment["state"], payment["amount"]), ("CREATED", {"currency": "NOK", "value": 49900}))

    def test_nothing_is_captured_before_the_customer_approves(self):
        self.shop.create(self.reference, 49900, "early")
        self.assertEqual(self.refused(self.shop.capture, self.reference, 49900, "early"), (400, "6080"))

    def test_money_is_captured_refunded_and_released(self):
        shop, reference = self.shop, self.approved(49900)
        payment = shop.get(reference)
        self.assertEqual((payment["state"], sums(payment)), ("AUTHORIZED", [49900, 0, 0, 0]))
        self.assertEqual(self.refused(shop.capture, reference, 49901, "too-much"), (400, "6090"))
        captured = shop.capture(reference, 30000, "capture")
        self.assertEqual(sums(captured), [49900, 0, 30000, 0])
        self.assertEqual(shop.capture(reference, 30000, "capture"), captured, "a capture repeated happens once")
        self.assertEqual(self.refused(shop.capture, reference, 19900, "capture"), (409, "4010"))
        self.assertEqual(sums(shop.refund(reference, 10000, "refund")), [49900, 0, 30000, 10000])
        self.assertEqual(self.refused(shop.refund, reference, 20001, "refund-2"), (400, "6150"))
        self.assertEqual(sums(shop.cancel(reference, "cancel")), [49900, 19900, 30000, 10000])
        self.assertEqual(
            summary(shop.events(reference)),
            [
                ("CREATED", 49900, True),
                ("AUTHORIZED", 49900, True),
                ("CAPTURED", 30000, True),
                ("REFUNDED", 10000, True),
                ("CANCELLED", 19900, True),
            ],
        )

    def test_a_payment_that_the_customer_never_saw_is_terminated_by_its_cancel(self):
        self.shop.create(self.reference, 5000, self.reference)
        self.assertEqual(self.shop.cancel(self.reference, self.reference)["state"], "TERMINATED")

    def test_what_does_not_exist_is_not_found(self):
        self.assertEqual(self.refused(self.shop.get, "no-such-order"), (404, "5090"))

    def test_without_a_token_nothing_is_done(self):
        with self.assertRaises(Refused) as refusal:
            self.shop.call("GET", "/webhooks/v1/webhooks", headers={"Authorization": ""})
        self.assertEqual(refusal.exception.status, 401)
        self.assertEqual(refusal.exception.body["responseInfo"]["responseCode"], 401)


class Webhooks(Flow):
    """A shop that is told."""

    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.stop)
        self.webhook = self.shop.register(self.receiver.url, EVENTS)
        self.receiver.trust(self.webhook["secret"])

    def test_a_webhook_is_listed_without_its_secret_and_deleted(self):
        self.assertEqual(len(self.webhook["secret"]), 88)
        row = {"id": self.webhook["id"], "url": self.receiver.url, "events": EVENTS}
        self.assertEqual(self.shop.webhooks(), [row])
        self.assertIsNone(self.shop.unregister(self.webhook["id"]))
        self.assertEqual(self.shop.webhooks(), [])

    def test_an_empty_registration_is_refused_with_its_field(self):
        with self.assertRaises(Refused) as refusal:
            self.shop.register(self.receiver.url, [])
        self.assertEqual(refusal.exception.status, 400)
        self.assertEqual(refusal.exception.body["extraDetails"][0]["name"], "events")

    def test_every_event_is_delivered_in_order_and_is_genuine(self):
        reference = self.approved(49900)
        self.shop.capture(reference, 30000, "capture")
        self.shop.refund(reference, 10000, "refund")
        self.shop.cancel(reference, "cancel")
        events = self.shop.events(reference)
        deliveries = self.receiver.take(len(events))
        self.assertEqual([one["fault"] for one in deliveries], [None] * len(events))
        told = [one["event"] for one in deliveries]
        for name in ("name", "amount", "pspReference", "success", "reference"):
            self.assertEqual([one[name] for one in told], [event[name] for event in events], name)
        self.assertEqual({one["msn"] for one in told}, {self.msn})
        for one in deliveries:
            self.assertEqual(one["headers"]["webhook-id"], self.webhook["id"])
            self.assertEqual(one["headers"]["x-vipps-authorization"], one["headers"]["authorization"])

    def test_a_delivery_that_is_tampered_with_is_refused(self):
        self.shop.create(self.reference, 49900, self.reference)
        genuine, secret = self.receiver.take(1)[0], self.webhook["secret"]
        headers = genuine["headers"]
        self.assertIsNone(fault(genuine, secret))
        for change, expected in [
            ({"body": genuine["body"].replace(b"49900", b"49901")}, "hash"),
            ({"target": "/hooks/vipps"}, "signature"),
            ({"headers": {**headers, "host": "127.0.0.1"}}, "signature"),
            ({"headers": {**headers, "x-ms-date": "Thu, 30 Mar 2023 08:38:32 GMT"}}, "date"),
        ]:
            self.assertEqual(fault({**genuine, **change}, secret), expected, change)
        self.assertEqual(fault(genuine, secret + "="), "signature")

    def test_a_deleted_webhook_hears_nothing_more(self):
        other = Receiver()
        self.addCleanup(other.stop)
        second = self.shop.register(other.url, EVENTS)
        other.trust(second["secret"])
        self.shop.unregister(self.webhook["id"])
        self.shop.create(self.reference, 5000, self.reference)
        self.assertEqual(other.take(1)[0]["event"]["reference"], self.reference)
        # An attempt is written down when its answer is in, which the receiver cannot see.
        path = f"/_sandbox/webhooks/deliveries/wait?count=1&timeout=10s&msn={self.msn}"
        tried = Merchant(EPAYMENT_SANDBOX_URL, self.msn, *KEYS).call("GET", path)["deliveries"]
        self.assertEqual({row["webhookId"] for row in tried}, {second["id"]})
