"""Testcontainers for Python with the image SANDBOX_IMAGE, as docs/testcontainers.md has it."""

import json
import os
import queue
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import Request, urlopen

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HealthcheckWaitStrategy, LogMessageWaitStrategy

from sandbox import sandbox, url

IMAGE = os.environ["SANDBOX_IMAGE"]


def call(at, path, body=None):
    headers = {
        "Authorization": "Bearer any",
        "Ocp-Apim-Subscription-Key": "any",
        "Merchant-Serial-Number": "123456",
        "Content-Type": "application/json",
        "Idempotency-Key": "first",
    }
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(at + path, data, headers), timeout=10) as answer:
        return answer.status, json.load(answer)


def create(at):
    body = {
        "amount": {"currency": "NOK", "value": 1000},
        "paymentMethod": {"type": "WALLET"},
        "reference": "order-0001",
        "userFlow": "WEB_REDIRECT",
        "returnUrl": "http://localhost/back",
    }
    return call(at, "/epayment/v1/payments", body)[0]


class Receiver(BaseHTTPRequestHandler):
    events = queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.events.put(json.loads(body)["name"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class Sandbox(unittest.TestCase):
    def test_a_payment_is_approved_and_its_webhook_reaches_the_test_on_the_machine(self):
        receiver = HTTPServer(("0.0.0.0", 0), Receiver)
        self.addCleanup(receiver.server_close)
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        self.addCleanup(receiver.shutdown)
        settings = {
            "EPAYMENT_SANDBOX_CUSTOMER": "approve",
            "EPAYMENT_SANDBOX_WEBHOOK_URL": f"http://host.docker.internal:{receiver.server_port}/hook",
            "EPAYMENT_SANDBOX_WEBHOOK_SECRET": "a-secret-of-mine",
        }
        with sandbox(IMAGE, **settings) as container:
            self.assertEqual(create(url(container)), 201)
            payment = call(url(container), "/epayment/v1/payments/order-0001")[1]
            self.assertEqual(payment["state"], "AUTHORIZED")
            while Receiver.events.get(timeout=20) != "AUTHORIZED":
                pass

    def test_waiting_for_the_ready_line_and_for_the_health_check_works_too(self):
        for strategy in (LogMessageWaitStrategy("epayment-sandbox .* ready "), HealthcheckWaitStrategy()):
            with self.subTest(strategy=type(strategy).__name__):
                with DockerContainer(IMAGE).with_exposed_ports(8477).waiting_for(strategy) as container:
                    self.assertEqual(create(url(container)), 201)


if __name__ == "__main__":
    unittest.main()
