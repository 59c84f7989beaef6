"""The Services, and a Prometheus that scrapes them with the configuration and the rules of deploy/prometheus.

It listens on loopback at a free port, and is gone when the Stack is left.
"""
import os
import re
import shutil
import socket

from services import ROOT, SERVICES, Services, get

PROMETHEUS = "/usr/bin/prometheus"
SCRAPE_INTERVAL = "2s"  # a page takes a sanitized service on a busy machine longer than one


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stack(Services):
    def __init__(self, bin_dir):
        super().__init__(bin_dir)
        self.prometheus = None

    def start_all(self):
        super().start_all()
        self.start_prometheus()

    def start_prometheus(self):
        """What is deployed, but for addresses and a quicker clock."""
        with open(os.path.join(ROOT, "deploy/prometheus/prometheus.yml"), encoding="utf-8") as file:
            config = file.read()
        for name in SERVICES:
            assert config.count(f"[{name}:9464]") == 1, f"prometheus.yml does not scrape {name}:9464"
            config = config.replace(f"[{name}:9464]", f'["{self.ports[name]["http"]}"]')
        with open(self.path("prometheus.yml"), "w", encoding="utf-8") as file:
            file.write(re.sub(r"(_interval|_timeout): \d+s", rf"\1: {SCRAPE_INTERVAL}", config))
        shutil.copytree(os.path.join(ROOT, "deploy/prometheus/rules"), self.path("rules"))
        for name in os.listdir(self.path("rules")):
            with open(self.path(f"rules/{name}"), "r+", encoding="utf-8") as file:
                rules = re.sub(r"interval: \w+", f"interval: {SCRAPE_INTERVAL}", file.read())
                file.seek(0)
                file.truncate()
                file.write(rules)
        port = free_port()
        self.prometheus = f"http://127.0.0.1:{port}"
        self.start("prometheus", PROMETHEUS, f"--config.file={self.path('prometheus.yml')}", f"--storage.tsdb.path={self.path('tsdb')}",
                   f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn")
        self.up("prometheus", lambda: get(self.prometheus + "/-/ready"))
