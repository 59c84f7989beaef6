#!/usr/bin/env python3
"""deploy/compose.yaml: docker-compose takes it, it fits the programs and the files that it mounts, seeded mistakes are found, and the
Redis that it starts keeps what the services ask of it. No container is started: that takes an engine."""
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

from compose_policy import judge, rendered
from programs import ROOT, bin_dir, clean_environment

# (file below deploy/, text, what stands there by mistake, what must be said of it)
SEEDS = [
    ("compose.yaml", "read_only: true", "readonly: true", "readonly"),
    ("compose.yaml", "redis-data:/data", "redis-date:/data", "redis-date"),
    ("compose.yaml", "TESSERA_STORAGE_DURABILITY:", "TESSERA_STORAGE_DURABLE:", "TESSERA_STORAGE_DURABLE is no field"),
    ("compose.yaml", "TESSERA_STORAGE_DURABILITY: fsync", "TESSERA_STORAGE_DURABILITY: always", "refuses its configuration"),
    ("compose.yaml", "TESSERA_REDIS_ADDRESSES: redis:6379", "TESSERA_REDIS_ADDRESSES: cache:6379", "there is no service cache:6379"),
    ("compose.yaml", "secrets/keys", "secrets/key", "make-secrets does not write"),
    ("compose.yaml", "./secrets:/etc/tessera/secrets:ro", "./secrets:/etc/secrets:ro", "is in no read-only mount"),
    ("compose.yaml", "./secrets:/etc/tessera/secrets:ro", "./secrets:/etc/tessera/secrets", "is in no read-only mount"),
    ("compose.yaml", "127.0.0.1:50052:50051", "127.0.0.1:50052:50052", "publishes other ports than grpc.listen"),
    ("compose.yaml", "127.0.0.1:50052:50051", "50052:50051", "open to other machines"),
    ("compose.yaml", 'tessera-ready, "9464"', 'tessera-ready, "9465"', "its health check does not ask http.listen"),
    ("compose.yaml", "stop_grace_period: 12s", "stop_grace_period: 10s", "is killed before its drain"),
    ("compose.yaml", 'user: "65532:65532"', 'user: "0:0"', "the image's is 65532:65532"),
    ("compose.yaml", "entrypoint: [tessera-redeemer]", "entrypoint: [tessera-issuer]", "redeemer: runs tessera-issuer"),
    ("compose.yaml", "image: grafana/grafana:11.5.2", "image: grafana/grafana:latest", "has no version"),
    ("compose.yaml", "      - redis-data:/data\n", "", "/data is no volume"),
    ("compose.yaml", "./prometheus/rules:/etc/prometheus/rules:ro", "./prometheus/rules:/etc/prometheus/rule:ro", "no mounted file is"),
    ("compose.yaml", "--config.file=/etc/prometheus/prometheus.yml", "--config.file=/etc/prometheus.yml", "is not mounted"),
    ("compose.yaml", ":/var/lib/grafana/dashboards:ro", ":/var/lib/dashboards:ro", "no dashboard is mounted"),
    ("prometheus/prometheus.yml", "redeemer:9464", "redeemer:9090", "does not scrape redeemer:9464"),
    ("prometheus/prometheus.yml", "issuer:9464", "issuers:9464", "there is no service issuers"),
    ("grafana/provisioning/datasources/prometheus.yaml", "prometheus:9090", "prometheus:9091", "there is no service at"),
]


class ComposeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.room = tempfile.mkdtemp(prefix="tessera-compose-")
        cls.addClassCleanup(shutil.rmtree, cls.room)
        cls.secrets = os.path.join(cls.room, "secrets")
        subprocess.run([os.path.join(ROOT, "deploy/make-secrets"), cls.secrets], check=True)

    def test_fits_the_programs_and_the_files(self):
        self.assertEqual(judge(os.path.join(ROOT, "deploy"), self.secrets), [])

    def test_asks_for_the_password_that_it_needs(self):
        config, complaint = rendered(os.path.join(ROOT, "deploy"), {})
        self.assertIsNone(config)
        self.assertIn("set the password of Grafana's admin", complaint)

    def test_seeded_mistakes_are_found(self):
        for number, (name, old, new, finding) in enumerate(SEEDS):
            with self.subTest(seed=f"{name}: {old} -> {new}"):
                deploy = os.path.join(self.room, f"seed-{number}")
                shutil.copytree(os.path.join(ROOT, "deploy"), deploy, ignore=shutil.ignore_patterns("kubernetes", "node_modules", "secrets"))
                path = os.path.join(deploy, name)
                with open(path, encoding="utf-8") as file:
                    text = file.read()
                self.assertIn(old, text, "mend the seed")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text.replace(old, new))
                self.assertIn(finding, "\n".join(judge(deploy, self.secrets)))
        print(f"{len(SEEDS)} seeded mistakes", flush=True)

    def test_its_redis_keeps_what_the_services_ask_of_it(self):
        self.assertEqual(self.ready_with(lambda command: command), 200)
        self.assertEqual(self.ready_with(lambda command: command.replace("--appendfsync always", "--appendfsync everysec")), 503)

    def ready_with(self, change):
        """Starts Redis by Compose's command and the issuer by its variables, as far as they are of one machine. Answers /readyz."""
        config, complaint = rendered(os.path.join(ROOT, "deploy"), {"GRAFANA_PASSWORD": "of-the-test"})
        self.assertEqual(complaint, "")
        room = tempfile.mkdtemp(dir=self.room)
        here = {"/etc/tessera/secrets": self.secrets, "/data": room, "$$": "$", "exec redis-server": f"exec redis-server --port 0 --unixsocket {room}/sock"}
        command = config["services"]["redis"]["command"]
        environment = dict(config["services"]["issuer"]["environment"])
        for there, replacement in here.items():
            command = [part.replace(there, replacement) for part in command]
            environment = {name: value.replace(there, replacement) for name, value in environment.items()}
        environment.update(TESSERA_REDIS_ADDRESSES=f"unix:{room}/sock", TESSERA_GRPC_LISTEN="127.0.0.1:0", TESSERA_HTTP_LISTEN="127.0.0.1:0")
        processes = []
        try:
            processes.append(subprocess.Popen([change(part) for part in command], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL))
            self.until(lambda: os.path.exists(f"{room}/sock"), processes[0])
            processes.append(subprocess.Popen([os.path.join(bin_dir(), "tessera-issuer"), "--ports-file", f"{room}/ports"],
                                              env={**clean_environment(), **environment}, stderr=subprocess.DEVNULL))
            self.until(lambda: os.path.exists(f"{room}/ports"), processes[1])
            with open(f"{room}/ports", encoding="utf-8") as file:
                url = f"http://{json.load(file)['http']}/readyz"
            end = time.monotonic() + 5
            while True:
                try:
                    with urllib.request.urlopen(url, timeout=5) as answer:
                        return answer.status
                except urllib.error.HTTPError as error:
                    if time.monotonic() > end:
                        return error.code
                time.sleep(0.2)
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait(20)

    def until(self, ready, process):
        end = time.monotonic() + 60
        while not ready():
            self.assertIsNone(process.poll(), "ended by itself")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)


if __name__ == "__main__":
    unittest.main(verbosity=2)
