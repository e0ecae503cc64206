#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An HTTPS server on 127.0.0.1 that misbehaves as its paths say, for tests of fetching.

usage: fetchserver.py CERTIFICATE-WITH-KEY DIRECTORY LOG

Prints its port. Each request is a line in LOG: the path, and where its range begins. The first part
of a path says how a file of DIRECTORY is served:

    /plain/F    as it is; ranges too
    /cut/F      half of what is asked for, then the connection breaks; ranges too
    /deaf/F     the first request is cut like that, and ranges are ignored
    /busy/F     503 twice, then as it is
    /never/F    503
    /http/F     redirected to http:
    /moved/F    redirected to /plain/F
"""
import http.server
import pathlib
import ssl
import sys

ROOT = pathlib.Path(sys.argv[2])
LOG = pathlib.Path(sys.argv[3])
seen = {}


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def redirect(self, where):
        self.send_response(302)
        self.send_header("Location", where)
        self.end_headers()

    def do_GET(self):
        how, name = self.path.strip("/").split("/", 1)
        count = seen[self.path] = seen.get(self.path, 0) + 1
        begin = 0
        if self.headers.get("Range") and how != "deaf":
            begin = int(self.headers["Range"].split("=")[1].split("-")[0])
        with LOG.open("a") as log:
            log.write(f"{self.path} {begin}\n")
        if how == "http":
            return self.redirect(f"http://127.0.0.1:{self.server.server_port}/plain/{name}")
        if how == "moved":
            return self.redirect(f"/plain/{name}")
        if how == "never" or (how == "busy" and count <= 2):
            return self.send_error(503)
        path = ROOT / name
        if not path.is_file():
            return self.send_error(404)
        data = path.read_bytes()[begin:]
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{begin + len(data) - 1}/{begin + len(data)}")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        cut = (how == "cut" and len(data) > 64) or (how == "deaf" and count == 1)
        self.wfile.write(data[: len(data) // 2] if cut else data)
        self.close_connection = True
        return None


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
