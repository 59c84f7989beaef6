"""The three services on a private Redis.

Everything listens on loopback at free ports, and is gone when the Services are left.
"""
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVICES = ("issuer", "redeemer", "analytics")
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


def get(url):
    """The body, or None where nobody answers with 200."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None


class Services:
    def __init__(self, bin_dir):
        self.bin_dir = bin_dir
        self.room = None
        self.processes = {}
        self.ports = {}
        self.token = None

    def __enter__(self):
        # A short path: a socket's name has 107 bytes at most.
        self.room = tempfile.mkdtemp(prefix="tessera-services.", dir="/tmp")
        try:
            self.start_all()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in reversed(list(self.processes)):
            self.end(name)
        shutil.rmtree(self.room, ignore_errors=True)

    def start_all(self):
        self.start_redis()
        self.write_secrets()
        for name in SERVICES:
            self.start_service(name)

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
        subprocess.run([os.path.join(ROOT, "deploy/make-secrets"), self.path("secrets")], check=True)
        with open(self.path("secrets/token"), encoding="utf-8") as file:
            self.token = file.read()

    def start_service(self, name, program=None, listen="127.0.0.1:0"):
        with open(self.path(f"{name}.yaml"), "w", encoding="utf-8") as file:
            file.write(f'grpc: {{listen: "{listen}"}}\nhttp: {{listen: "127.0.0.1:0"}}\nlog: {{level: warning}}\n'
                       f"identity: {{tokens_file: {self.path('secrets/tokens.yaml')}}}\nkeys: {{file: {self.path('secrets/keys')}}}\n"
                       f'redis: {{addresses: ["unix:{self.path("redis.sock")}"]}}\nstorage: {{create: true, durability: fsync, partitions: 8, buckets: 256}}\n')
        ports = self.path(f"{name}.ports")
        pathlib.Path(ports).unlink(missing_ok=True)
        self.start(name, os.path.join(self.bin_dir, f"tessera-{program or name}"), "--config", self.path(f"{name}.yaml"), "--ports-file", ports)
        self.up(name, lambda: os.path.exists(ports))
        with open(ports, encoding="utf-8") as file:
            self.ports[name] = json.load(file)
        self.up(name, lambda: get(f"http://{self.ports[name]['http']}/readyz"))

    def metrics(self, name):
        return get(f"http://{self.ports[name]['http']}/metrics")
