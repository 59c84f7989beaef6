#!/usr/bin/env python3
"""Builds the image, runs each program's --check-config in it, and one claim through it on a real Redis. Needs root, for mounts.

With TESSERA_FULL=1 the whole Dockerfile is built on Debian 13, which compiles. Otherwise the image is built around the programs that are
there already (TESSERA_BIN_DIR), on this machine's release of Debian: all of the last stage, and nothing of the first.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import image
from programs import ROOT, SERVICES

if os.geteuid() != 0:
    os.execvp("sudo", ["sudo", "-n", "--preserve-env=TESSERA_BIN_DIR,TESSERA_FULL,XDG_CACHE_HOME", sys.executable, *sys.argv])

TAG = f"localhost/tessera-test:{os.getpid()}"
TOKEN = "0123456789abcdef"
CAMPAIGN = """{"request_id": "%s", "campaign_id": "welcome", "campaign": {
  "display_name": "Welcome", "currency_code": "EUR", "time_zone": "Europe/Berlin", "offer": {"percent_off": {"basis_points": 1000}},
  "claim_window": {"start_time": "2020-01-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z"},
  "use_window": {"start_time": "2020-01-01T00:00:00Z", "end_time": "2100-01-01T00:00:00Z"}}}"""


def new_id():
    with open("/proc/sys/kernel/random/uuid", encoding="utf-8") as file:
        return file.read().strip()


def eventually(seconds, what, ready, process):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if ready():
            return
        time.sleep(0.1)
    raise AssertionError(f"{what}, within {seconds} s; exit status {process.poll()}")


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


class ImageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.room = tempfile.mkdtemp(prefix="tessera-image-")
        cls.addClassCleanup(shutil.rmtree, cls.room)
        os.chmod(cls.room, 0o711)
        cls.revision = image.run("git", "-c", f"safe.directory={ROOT}", "-C", ROOT, "rev-parse", "HEAD")
        cls.whole = bool(os.environ.get("TESSERA_FULL"))
        started = time.monotonic()
        cls.release = image.build(TAG, cls.room, cls.whole, cls.revision)
        cls.addClassCleanup(image.buildah, "rmi", TAG)
        cls.container = image.Container(TAG)
        cls.addClassCleanup(cls.container.remove)
        print(f"built on {cls.release} in {time.monotonic() - started:.0f} s", flush=True)

    def test_is_not_roots_and_says_what_it_is(self):
        config = self.container.config
        self.assertRegex(config["User"], r"^[1-9]\d+:[1-9]\d+$")
        self.assertFalse(config.get("Entrypoint"), "one image, three entry points")
        self.assertEqual({port.split("/")[0] for port in config["ExposedPorts"]}, {"50051", "9464"})
        labels = config["Labels"]
        self.assertEqual(labels["org.opencontainers.image.revision"], self.revision)
        status, said, _ = self.container.run("tessera-issuer", "--version")
        self.assertEqual((status, said.split()), (0, ["issuer", labels["org.opencontainers.image.version"]]))

    def test_its_root_cannot_be_written(self):
        for path in ("/here", "/etc/here", "/tmp/here", "/usr/local/bin/tessera-issuer"):
            status, _, said = self.container.run("sh", "-c", f"echo x >{path}")
            self.assertNotEqual(status, 0, path)
            self.assertRegex(said, "Read-only file system|Permission denied")
        _, said, _ = self.container.run("cat", "/proc/self/status")
        self.assertRegex(said, r"CapEff:\s+0{16}\n")
        self.assertRegex(said, r"NoNewPrivs:\s+1\n")

    def test_each_entry_point_prints_its_configuration(self):
        for service in SERVICES:
            status, said, complaint = self.container.run(f"tessera-{service}", "--check-config")
            self.assertEqual(status, 0, complaint)
            self.assertIn("\ndrain:\n", said)
            status, _, complaint = self.container.run(f"tessera-{service}", "--check-config", environment={"TESSERA_DRAIN_LIMIT_MS": "soon"})
            self.assertEqual(status, 2, "a mistake must be found in the image too")
            self.assertIn("drain.limit_ms", complaint)

    def test_its_bill_of_materials_is_what_dpkg_has(self):
        path = os.path.join(self.container.root, self.container.config["Labels"]["tessera.sbom"].lstrip("/"))
        with open(path, encoding="utf-8") as file:
            bill = json.load(file)
        self.assertEqual((bill["bomFormat"], bill["specVersion"]), ("CycloneDX", "1.5"))
        packages = [c for c in bill["components"] if c["type"] == "library"]
        status, said, _ = self.container.run("dpkg-query", "-W", "-f", "${Package} ${Version}\n")
        self.assertEqual(status, 0)
        self.assertEqual(sorted(f"{p['name']} {p['version']}" for p in packages), sorted(said.split("\n")[:-1]))
        self.assertEqual(len({p["bom-ref"] for p in packages}), len(packages))
        for package in packages:
            self.assertRegex(package["purl"], r"^pkg:deb/debian/[a-z0-9.%B-]+@[^/+:@ ]+\?arch=\w+&distro=debian-\d+$")
        with open(os.path.join(self.container.root, "usr/local/share/tessera/packages"), encoding="utf-8") as file:
            linked = set(file.read().split())
        self.assertLessEqual(linked | {"tzdata"}, {p["name"] for p in packages})
        print(f"bill of materials: {len(packages)} packages, {len(linked)} of them linked: {' '.join(sorted(linked))}", flush=True)

    def test_a_claim_goes_through_it(self):
        redis_room = self.folder("redis", 0o755)
        redis = self.started(subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", f"{redis_room}/redis.sock", "--unixsocketperm", "777", "--dir", redis_room,
             "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"],
            stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL))
        eventually(10, "Redis opens its socket", lambda: os.path.exists(f"{redis_room}/redis.sock"), redis)
        secrets = self.write_secrets()
        ports = {service: self.start_service(service, redis_room, secrets) for service in SERVICES}
        for service in SERVICES:
            self.assertIn("tessera_build_info", urllib.request.urlopen(f"http://{ports[service]['http']}/metrics", timeout=5).read().decode())
            http_port = ports[service]["http"].rsplit(":", 1)[1]
            self.assertEqual(self.container.run("tessera-ready", http_port)[0], 0)
        self.assertNotEqual(self.container.run("tessera-ready", "1")[0], 0)
        issuer = ports["issuer"]["grpc"]
        self.call(issuer, "CampaignService/CreateCampaign", CAMPAIGN % new_id())
        self.call(issuer, "CampaignService/ActivateCampaign", '{"request_id": "%s", "campaign_id": "welcome"}' % new_id())
        claimed = self.call(issuer, "IssuerService/ClaimCoupon", '{"request_id": "%s", "campaign_id": "welcome", "user_id": "ada"}' % new_id())
        self.assertRegex(claimed["coupon"]["code"], r"^[0-9A-Z-]{16,}$")
        # SIGTERM drains, and the exit status says that nothing was cut off.
        for process in self.services:
            process.terminate()
        self.assertEqual([process.wait(15) for process in self.services], [0, 0, 0])

    def test_prints_its_size(self):
        for line in image.buildah("images", "--format", "{{.Name}}:{{.Tag}} {{.Size}}").split("\n"):
            if line.startswith(TAG) or f"tessera-base-{self.release}" in line:
                print("size:", line, flush=True)
        sanitized = "asan" in " ".join(self.linked())
        for service in SERVICES:
            size = os.path.getsize(os.path.join(self.container.root, f"usr/local/bin/tessera-{service}"))
            print(f"size: tessera-{service} {size / 1e6:.1f} MB{', with sanitizers' if sanitized else ''}", flush=True)
        if not sanitized:
            size = image.buildah("images", "--format", "{{.Size}}", TAG)
            self.assertRegex(size, r"^\d+ MB$")
            self.assertLess(int(size.split()[0]), 450)

    # --- what the claim needs

    services = []

    def linked(self):
        with open(os.path.join(self.container.root, "usr/local/share/tessera/packages"), encoding="utf-8") as file:
            return file.read().split()

    def folder(self, name, mode):
        path = os.path.join(self.room, name)
        os.mkdir(path)
        os.chmod(path, mode)
        return path

    def started(self, process):
        def end():
            process.kill()
            process.wait()
        self.addCleanup(end)
        return process

    def write_secrets(self):
        """As Kubernetes mounts them under fsGroup: root's, and readable by the group."""
        path = self.folder("secrets", 0o755)
        group = int(self.container.config["User"].split(":")[1])
        digest = subprocess.run(["sha256sum"], input=TOKEN.encode(), stdout=subprocess.PIPE, check=True).stdout.decode().split()[0]
        texts = {"keys": "".join(f"{purpose} 1 {os.urandom(32).hex()} current\n" for purpose in ("user", "code", "request", "token")),
                 "tokens.yaml": f'tokens: [{{name: test, sha256: "{digest}", roles: [ADMIN, MARKETER, ISSUER]}}]\n'}
        for name, text in texts.items():
            with open(os.path.join(path, name), "w", encoding="utf-8") as file:
                file.write(text)
            os.chown(file.name, 0, group)
            os.chmod(file.name, 0o440)
        return path

    def start_service(self, service, redis_room, secrets):
        room = self.folder(f"run-{service}", 0o777)
        with open(os.path.join(room, "log"), "w", encoding="utf-8") as log:
            process = self.started(self.container.start(
                f"tessera-{service}", "--ports-file", "/run/tessera/ports", log=log,
                mounts={"/run/tessera": room, "/run/redis": redis_room, "/run/secrets": secrets},
                environment={"TESSERA_GRPC_LISTEN": "127.0.0.1:0", "TESSERA_HTTP_LISTEN": "127.0.0.1:0", "TESSERA_STORAGE_CREATE": "true",
                             "TESSERA_REDIS_ADDRESSES": "unix:/run/redis/redis.sock", "TESSERA_KEYS_FILE": "/run/secrets/keys",
                             "TESSERA_IDENTITY_TOKENS_FILE": "/run/secrets/tokens.yaml"}))
        self.services = [*self.services, process]
        ports_file = os.path.join(room, "ports")
        try:
            eventually(30, f"{service} opens its ports", lambda: os.path.exists(ports_file), process)
            with open(ports_file, encoding="utf-8") as file:
                ports = json.load(file)
            eventually(30, f"{service} is ready", lambda: answers(f"http://{ports['http']}/readyz") == 200, process)
        except AssertionError:
            with open(os.path.join(room, "log"), encoding="utf-8") as log:
                print(log.read(), flush=True)
            raise
        return ports

    def call(self, address, method, body):
        ran = subprocess.run([os.path.join(ROOT, "tools/buf"), "curl", "--protocol", "grpc", "--http2-prior-knowledge", "--schema", "proto",
                              "--header", f"authorization: Bearer {TOKEN}", "--data", body, f"http://{address}/coupon.v1.{method}"],
                             capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return json.loads(ran.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
