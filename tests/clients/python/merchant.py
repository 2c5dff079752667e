"""A merchant's own code over `requests`, as one writes it from the vendor's documents."""

import json

import requests

MONEY = ("authorizedAmount", "cancelledAmount", "capturedAmount", "refundedAmount")


class Refused(Exception):
    """An answer of status 400 and above."""

    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body

    @property
    def code(self):
        """The ErrorCode, or None."""
        extra = self.body.get("extraDetails") or []
        return next((row["reason"] for row in extra if row["name"] == "ErrorCode"), None)


class Merchant:
    """One sales unit's calls."""

    def __init__(self, base, msn, client_id, client_secret, subscription_key):
        self.base = base
        self.session = requests.Session()
        # What the environment says of proxies, trust and ~/.netrc is for hosts with TLS.
        self.session.trust_env = base.startswith("https://")
        self.session.headers.update(
            {
                "Ocp-Apim-Subscription-Key": subscription_key,
                "Merchant-Serial-Number": msn,
                "Vipps-System-Name": "merchant-in-python",
                "Vipps-System-Version": "1.0.0",
            }
        )
        keys = {"client_id": client_id, "client_secret": client_secret}
        self.token = self.call("POST", "/accesstoken/get", headers=keys)
        self.session.headers["Authorization"] = f"Bearer {self.token['access_token']}"

    def call(self, method, path, body=None, key=None, headers=None):
        """The answer's JSON, or None if there is none."""
        headers = dict(headers or {})
        if key:
            headers["Idempotency-Key"] = key
        answer = self.session.request(method, self.base + path, json=body, headers=headers, timeout=10)
        found = json.loads(answer.content) if answer.content else None
        if answer.status_code >= 400:
            raise Refused(answer.status_code, found)
        return found

    def create(self, reference, value, key):
        order = {
            "amount": {"currency": "NOK", "value": value},
            "paymentMethod": {"type": "WALLET"},
            "reference": reference,
            "userFlow": "WEB_REDIRECT",
            "returnUrl": "https://shop.example.com/thanks",
            "paymentDescription": "Two pairs of socks",
        }
        return self.call("POST", "/epayment/v1/payments", order, key)

    def get(self, reference):
        return self.call("GET", f"/epayment/v1/payments/{reference}")

    def events(self, reference):
        return self.call("GET", f"/epayment/v1/payments/{reference}/events")

    def approve(self, reference):
        customer = {"customer": {"phoneNumber": "4712345678"}}
        return self.call("POST", f"/epayment/v1/test/payments/{reference}/approve", customer)

    def capture(self, reference, value, key):
        return self.modify("capture", reference, value, key)

    def refund(self, reference, value, key):
        return self.modify("refund", reference, value, key)

    def modify(self, what, reference, value, key):
        amount = {"modificationAmount": {"currency": "NOK", "value": value}}
        return self.call("POST", f"/epayment/v1/payments/{reference}/{what}", amount, key)

    def cancel(self, reference, key):
        return self.call("POST", f"/epayment/v1/payments/{reference}/cancel", key=key)

    def register(self, url, events):
        return self.call("POST", "/webhooks/v1/webhooks", {"url": url, "events": events})

    def webhooks(self):
        return self.call("GET", "/webhooks/v1/webhooks")["webhooks"]

    def unregister(self, webhook_id):
        return self.call("DELETE", f"/webhooks/v1/webhooks/{webhook_id}")


def sums(payment):
    """What was authorized, cancelled, captured and refunded, in minor units."""
    return [payment["aggregate"][name]["value"] for name in MONEY]
