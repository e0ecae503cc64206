# SPDX-License-Identifier: Apache-2.0
"""A web application of the standard library alone: what is in stock, as JSON."""
import json
import pathlib
import sys
import urllib.request
from wsgiref.simple_server import make_server

CONFIG = json.loads(pathlib.Path("/etc/stock.json").read_text(encoding="utf-8"))
STOCK = json.loads((pathlib.Path(__file__).parent / "stock.json").read_text(encoding="utf-8"))


def application(environ, start_response):
    name = environ["PATH_INFO"].strip("/")
    if name == "health":
        status, body = "200 OK", {"version": CONFIG["version"]}
    elif name in STOCK:
        status, body = "200 OK", {"name": name, "count": STOCK[name]}
    else:
        status, body = "404 Not Found", {"error": "no such thing"}
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]


def main():
    if "--check" in sys.argv:
        with urllib.request.urlopen(f"http://127.0.0.1:{CONFIG['port']}/health", timeout=3) as answer:
            return 0 if answer.status == 200 else 1
    with make_server("127.0.0.1", CONFIG["port"], application) as server:
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
