"""Stands in for Grafana Alloy: reads the files that its last argument names, and answers on its
HTTP port what the real one answers about them. It refuses to load what holds `refuse this`."""

import glob
import hashlib
import os
import re
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

PATH = sys.argv[-1]
STARTED = time.time()
BLOCK = re.compile(r'^([a-z_]+(?:\.[a-z_0-9]+)+) "(\w+)" \{', re.MULTILINE)
URL = re.compile(r'^\t\turl\s*=\s*"([^"]+)"', re.MULTILINE)
SAMPLES = 490


class Loaded:
    """What was loaded last with success."""

    def __init__(self):
        files = sorted(glob.glob(PATH.rstrip("/") + "/*.alloy")) if os.path.isdir(PATH) else [PATH]
        content = b"".join(open(file, "rb").read() for file in files)
        text = content.decode()
        if "refuse this" in text:
            raise ValueError(f"{files[-1]}:1:1: refused")
        self.hash = hashlib.sha256(content).hexdigest()
        self.blocks = BLOCK.findall(text)
        self.urls = URL.findall(text)
        self.at = time.time()


def component(name, label):
    return {
        "name": name,
        "type": "block",
        "localID": f"{name}.{label}",
        "moduleID": "",
        "label": label,
        "referencesTo": [],
        "referencedBy": [],
        "dataFlowEdgesTo": [],
        "health": {"state": "healthy", "message": "started component", "updatedTime": "2026-01-01T00:00:00Z"},
        "original": "",
        "arguments": [],
        "exports": [],
        "debugInfo": [],
        "liveDebuggingEnabled": False,
    }


def metrics(loaded):
    yield 'alloy_build_info{branch="",goos="linux",version="v1.18.1"} 1'
    yield f'alloy_config_hash{{cluster_name="",sha256="{loaded.hash}"}} 1'
    yield "alloy_config_last_load_successful 1"
    yield f"alloy_config_last_load_success_timestamp_seconds {loaded.at}"
    yield f"alloy_resources_process_start_time_seconds {STARTED}"
    writes = [label for name, label in loaded.blocks if name == "prometheus.remote_write"]
    for label, url in zip(writes, loaded.urls):
        labels = (
            f'{{component_id="prometheus.remote_write.{label}",component_path="/",'
            f'remote_name="059382",url="{url}"}}'
        )
        total = SAMPLES * (1 + int(time.time() - loaded.at))
        queue = "prometheus_remote_storage"
        yield f"{queue}_samples_total{labels} {total}"
        for none in ("failed_total", "retried_total", "pending"):
            yield f"{queue}_samples_{none}{labels} 0"
        yield f"{queue}_queue_highest_sent_timestamp_seconds{labels} {time.time()}"


class Server(BaseHTTPRequestHandler):
    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        import json

        with lock:
            loaded = state["loaded"]
        if self.path == "/metrics":
            self.answer(200, "\n".join(metrics(loaded)) + "\n")
        elif self.path == "/api/v0/web/components":
            self.answer(200, json.dumps([component(*block) for block in loaded.blocks]))
        elif self.path == "/-/ready":
            self.answer(200, "Alloy is ready.\n")
        elif self.path == "/-/healthy":
            self.answer(200, "All Alloy components are healthy.\n")
        else:
            self.answer(404, "404 page not found\n")

    def do_POST(self):
        if self.path != "/-/reload":
            return self.answer(404, "404 page not found\n")
        why = load()
        self.answer(400 if why else 200, f"error during the initial load: {why}\n" if why else "config reloaded\n")

    def log_message(self, *args):
        pass


def load():
    """Loads the files; what was loaded before stays where they are refused."""
    try:
        loaded = Loaded()
    except (OSError, ValueError) as why:
        return str(why)
    with lock:
        state["loaded"] = loaded
    return None


lock, state = Lock(), {}
failed = load()
if failed:
    sys.exit(f"could not perform the initial load successfully: {failed}")
os.makedirs("/var/lib/alloy/data", exist_ok=True)
# By a thread of its own: a handler must not wait for the lock.
signal.signal(signal.SIGHUP, lambda *_: Thread(target=load).start())
ThreadingHTTPServer(("127.0.0.1", 12345), Server).serve_forever()
