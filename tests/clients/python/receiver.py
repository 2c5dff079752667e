"""A shop's webhook endpoint that takes what is genuine and refuses the rest, with the standard library alone."""

import base64
import hashlib
import hmac
import json
import queue
import threading
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE = timedelta(minutes=5)
SCHEME = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature="


def fault(delivery, secret):
    """What is wrong with a delivery, or None. Written from the documented algorithm, not from the sandbox's code."""
    target, headers, body = delivery["target"], delivery["headers"], delivery["body"]
    date = headers.get("x-ms-date", "")
    try:
        age = datetime.now(timezone.utc) - parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return "date"
    if abs(age) > TOLERANCE:
        return "date"
    content_hash = base64.b64encode(hashlib.sha256(body).digest()).decode()
    if not hmac.compare_digest(content_hash, headers.get("x-ms-content-sha256", "")):
        return "hash"
    signed = f"POST\n{target}\n{date};{headers['host']};{content_hash}"
    signature = base64.b64encode(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(SCHEME + signature, headers.get("authorization", "")):
        return "signature"
    return None


class Receiver:
    """Listens on a free port until it is stopped."""

    def __init__(self):
        self.secret = None
        self.is_known = threading.Event()
        self.deliveries = queue.Queue()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                delivery = {"target": self.path, "headers": headers, "body": body}
                # A delivery can outrun the answer that brings the secret.
                receiver.is_known.wait(10)
                delivery["fault"] = fault(delivery, receiver.secret or "")
                delivery["event"] = json.loads(body)
                # Once this one is answered the next may come, in another thread.
                receiver.deliveries.put(delivery)
                self.send_response(204 if delivery["fault"] is None else 401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/vipps?shop=1&note=a%20b"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def trust(self, secret):
        self.secret = secret
        self.is_known.set()

    def take(self, count):
        """The next deliveries; fails when one is not there in ten seconds."""
        return [self.deliveries.get(timeout=10) for _ in range(count)]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
