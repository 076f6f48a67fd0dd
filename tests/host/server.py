"""Stands in for a Trento server's Prometheus: takes writes with the right password, and answers the
queries for a host's series and the list of hosts that are pulled."""

import base64
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PASSWORD = "Basic " + base64.b64encode(b"trento:example-password").decode()


class Server(BaseHTTPRequestHandler):
    def answer(self, status, body=b"", kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def is_allowed(self):
        if self.headers.get("Authorization") == PASSWORD:
            return True
        self.answer(401, b"no\n", "text/plain")
        return False

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        if self.is_allowed():
            self.answer(204)

    def do_GET(self):
        if "/prometheus/targets" in self.path:
            self.answer(200, b"[]")
        elif self.is_allowed():
            self.answer(200, json.dumps(series(self.path)).encode())

    def log_message(self, *args):
        pass


def series(path):
    agent = path.split("agentID%3D%22")[-1].split("%22")[0]
    metric = {"__name__": "up", "agentID": agent, "exporter_name": "grafana_alloy"}
    result = [{"metric": metric, "value": [0, "1"]}]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


ThreadingHTTPServer(("127.0.0.1", 9091), Server).serve_forever()
