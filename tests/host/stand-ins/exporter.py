"""Stands in for a node_exporter: exposes what Trento charts, with values that mean nothing."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

METRICS = """# TYPE node_cpu_seconds_total counter
node_cpu_seconds_total{cpu="0",mode="idle"} 1
# TYPE node_memory_MemTotal_bytes gauge
node_memory_MemTotal_bytes 2
"""


class Exporter(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(METRICS)))
        self.end_headers()
        self.wfile.write(METRICS.encode())

    def log_message(self, *args):
        pass


ThreadingHTTPServer(("127.0.0.1", 9100), Exporter).serve_forever()
