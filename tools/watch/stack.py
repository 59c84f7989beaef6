"""The three services on a private Redis, and a Prometheus that scrapes them with the configuration and the rules of deploy/prometheus.

Everything listens on loopback at free ports, and is gone when the Stack is left.
"""
import ctypes
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVICES = ("issuer", "redeemer", "analytics")
PROMETHEUS = "/usr/bin/prometheus"
SCRAPE_INTERVAL = "2s"  # a page takes a sanitized service on a busy machine longer than one
START_SECONDS_MAX = 60
PR_SET_PDEATHSIG = 1

LIBC = ctypes.CDLL(None)


def wait_until(what, condition, seconds=START_SECONDS_MAX):
    """What condition() answers, once that is true."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.1)
    raise TimeoutError(f"not within {seconds} s: {what}")


def die_with_parent():
    """A server that is started goes when this process does, also by a kill -9."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(url):
    """The body, or None where nobody answers with 200."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None


class Stack:
    def __init__(self, bin_dir):
        self.bin_dir = bin_dir
        self.room = None
        self.processes = {}
        self.ports = {}
        self.token = secrets.token_hex(16)
        self.prometheus = None

    def __enter__(self):
        # A short path: a socket's name has 107 bytes at most.
        self.room = tempfile.mkdtemp(prefix="tessera-watch.", dir="/tmp")
        try:
            self.start_redis()
            self.write_secrets()
            for name in SERVICES:
                self.start_service(name)
            self.start_prometheus()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in reversed(list(self.processes)):
            self.end(name)
        shutil.rmtree(self.room, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.room, name)

    def start(self, name, *command):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("TESSERA_")}
        if name == "analytics":
            environment["TESSERA_CAMPAIGN_SERIES_INTERVAL_MS"] = "500"
        with open(self.path(f"{name}.log"), "ab") as log:
            self.processes[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                                                    preexec_fn=die_with_parent)

    def end(self, name, how=signal.SIGTERM):
        process = self.processes.pop(name, None)
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def up(self, name, condition):
        def alive():
            if self.processes[name].poll() is not None:
                with open(self.path(f"{name}.log"), encoding="utf-8", errors="replace") as log:
                    raise RuntimeError(f"{name} ended:\n" + log.read()[-2000:])
            return condition()
        wait_until(f"{name} is up", alive)

    def start_redis(self):
        self.start("redis", "redis-server", "--port", "0", "--unixsocket", self.path("redis.sock"), "--dir", self.room, "--save", "",
                   "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction")
        self.up("redis", lambda: os.path.exists(self.path("redis.sock")))

    def redis(self, *command):
        return subprocess.run(["redis-cli", "-s", self.path("redis.sock"), *command], check=True, capture_output=True, text=True).stdout.strip()

    def write_secrets(self):
        with open(os.open(self.path("keys"), os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            for purpose in ("user", "code", "request", "token"):
                file.write(f"{purpose} 1 {secrets.token_hex(32)} current\n")
        digest = hashlib.sha256(self.token.encode()).hexdigest()
        roles = "[ADMIN, MARKETER, ISSUER, REDEEMER, ANALYST, AUDITOR]"
        with open(self.path("tokens.yaml"), "w", encoding="utf-8") as file:
            file.write(f'tokens:\n  - {{name: watch, sha256: "{digest}", roles: {roles}}}\n')

    def start_service(self, name):
        with open(self.path(f"{name}.yaml"), "w", encoding="utf-8") as file:
            file.write('grpc: {listen: "127.0.0.1:0"}\nhttp: {listen: "127.0.0.1:0"}\nlog: {level: warning}\n'
                       f"identity: {{tokens_file: {self.path('tokens.yaml')}}}\nkeys: {{file: {self.path('keys')}}}\n"
                       f'redis: {{addresses: ["unix:{self.path("redis.sock")}"]}}\nstorage: {{create: true, durability: fsync, partitions: 8, buckets: 256}}\n')
        ports = self.path(f"{name}.ports")
        self.start(name, os.path.join(self.bin_dir, f"tessera-{name}"), "--config", self.path(f"{name}.yaml"), "--ports-file", ports)
        self.up(name, lambda: os.path.exists(ports))
        with open(ports, encoding="utf-8") as file:
            self.ports[name] = json.load(file)
        self.up(name, lambda: get(f"http://{self.ports[name]['http']}/readyz"))

    def metrics(self, name):
        return get(f"http://{self.ports[name]['http']}/metrics")

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
