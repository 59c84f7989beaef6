"""The examples in tools/clients against live services: each does what it says, each notices a mistake, and the published service config
brings them to all replicas, and through lost answers without acting twice."""
import copy
import json
import os
import re
import signal
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/watch"))
from languages import Go, Node, Python  # noqa: E402
from load import Shop  # noqa: E402
from losing_front import LosingFront  # noqa: E402
from name_server import NameServer  # noqa: E402
from services import Services, get, wait_until  # noqa: E402

RUN_SECONDS_MAX = 120
NOTICED_SECONDS_MAX = 30
# Of a replica each, at the same port.
HOSTS = ["127.0.0.1", "127.0.0.2"]
REPLICATED = ["issuer", "redeemer"]
with open(os.path.join(ROOT, "proto/coupon/v1/coupon_grpc_service_config.json"), encoding="utf-8") as published:
    SERVICE_CONFIG = json.load(published)

# Whatever the language says for a status: FAILED_PRECONDITION or FailedPrecondition.
LIFE = re.compile(r"active: (\S+)\nclaimed: (c-\d+)\nredeemed: r-\w+\nrefused: FAILED_?PRECONDITION COUPON_ALREADY_REDEEMED by order o-1\n"
                  r"rolled back: \2 can be used again\n", re.IGNORECASE)


def setUpModule():
    global SERVICES, SHOP  # pylint: disable=global-statement
    SERVICES = Services(os.environ["TESSERA_BIN_DIR"])
    SERVICES.__enter__()
    unittest.addModuleCleanup(SERVICES.__exit__)
    for name in REPLICATED:
        start_replica(name)
    SHOP = Shop(SERVICES)
    unittest.addModuleCleanup(SHOP.close)


def port_of(name):
    return SERVICES.ports[name]["grpc"].rsplit(":", 1)[1]


def start_replica(name):
    SERVICES.start_service(name + "-2", program=name, listen=f"{HOSTS[1]}:{port_of(name)}")


def calls_to(name):
    """Of the service and its replica, how many of the house's calls each has answered."""
    return [sum(float(count) for count in re.findall(r'^grpc_server_handled_total\{.*grpc_service="coupon\.v1.*\} (\S+)$',
                                                      SERVICES.metrics(replica), re.MULTILINE)) for replica in (name, name + "-2")]


class Client:
    """The cases; each language has them all."""

    @classmethod
    def setUpClass(cls):
        cls.language.build()

    def run_example(self, command=None, issuer=None, redeemer=None, token=None, config=None):
        environment = {**os.environ, **self.language.environment, "COUPON_ISSUER": issuer or SERVICES.ports["issuer"]["grpc"],
                       "COUPON_REDEEMER": redeemer or SERVICES.ports["redeemer"]["grpc"], "COUPON_TOKEN": token or SERVICES.token}
        if config is not None:
            environment["COUPON_SERVICE_CONFIG"] = SERVICES.path("service_config.json")
            with open(environment["COUPON_SERVICE_CONFIG"], "w", encoding="utf-8") as file:
                json.dump(config, file)
        return subprocess.run(command or self.language.command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
                              timeout=RUN_SECONDS_MAX)

    def lived(self, done):
        """The campaign of a run that did all that it should."""
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertRegex(done.stdout, LIFE)
        return LIFE.fullmatch(done.stdout).group(1)

    def failed(self, done, *words):
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word.lower(), done.stderr.lower())

    def booked_once(self, campaign_id):
        """Every effect of a run is on the books, and none twice."""
        def counts():
            stats = SHOP.call("GetCampaignStats", campaign_id=campaign_id).stats
            return stats.issued_count, stats.redeemed_count, stats.rolled_back_count, stats.available_now_count
        wait_until("the rollback is counted", lambda: counts()[2], NOTICED_SECONDS_MAX)
        self.assertEqual(counts(), (1, 1, 1, 1))

    def test_a_coupons_life(self):
        self.booked_once(self.lived(self.run_example()))

    def test_an_unknown_token_is_told(self):
        self.failed(self.run_example(token="unknown"), "UNAUTHENTICATED", "CALLER_UNKNOWN")

    def test_mistakes_are_noticed(self):
        for right, wrong in self.language.seeds:
            self.failed(self.run_example(self.language.spoilt(right, wrong)), "not as it must be")
        print(f"[trials] mistakes in the {self.language.name} client: {len(self.language.seeds)}")

    def test_a_lost_answer_is_asked_for_again(self):
        with LosingFront(SERVICES.ports["issuer"]["grpc"]) as issuer, LosingFront(SERVICES.ports["redeemer"]["grpc"]) as redeemer:
            campaign_id = self.lived(self.run_example(issuer=issuer.address, redeemer=redeemer.address))
            self.assertTrue(issuer.lost and redeemer.lost, (issuer.lost, redeemer.lost))
            self.booked_once(campaign_id)
            # It is the service config that does it.
            without = copy.deepcopy(SERVICE_CONFIG)
            for methods in without["methodConfig"]:
                methods.pop("retryPolicy", None)
            self.failed(self.run_example(issuer=issuer.address, redeemer=redeemer.address, config=without), "UNAVAILABLE")
        print(f"[trials] answers lost to the {self.language.name} client: {issuer.lost + redeemer.lost}")

    def run_by_name(self, config=None):
        """A run that knows the services by names, each of which has two addresses."""
        with NameServer(HOSTS) as names:
            at = {name: f"dns://{names.address}/{name}.tessera.svc:{port_of(name)}" for name in REPLICATED}
            self.lived(self.run_example(**at, config=config))

    def calls_of_a_run(self, config=None):
        """Of each service, how many calls the replica took that had the fewer, and the other."""
        before = {name: calls_to(name) for name in REPLICATED}
        self.run_by_name(config)
        return [sorted(now - then for now, then in zip(calls_to(name), before[name])) for name in REPLICATED]

    def test_replicas_share_the_calls(self):
        for fewer, _ in self.calls_of_a_run():
            self.assertGreater(fewer, 0)
        # It is the service config that does it.
        without = {key: value for key, value in SERVICE_CONFIG.items() if key != "loadBalancingConfig"}
        for fewer, more in self.calls_of_a_run(without):
            self.assertEqual(fewer, 0)
            self.assertGreater(more, 0)

    def test_a_replica_that_is_gone_is_done_without(self):
        SERVICES.end("redeemer-2", signal.SIGKILL)
        try:
            self.run_by_name()
        finally:
            start_replica("redeemer")

    def test_a_service_that_does_not_serve_is_not_called(self):
        ready = lambda: get(f"http://{SERVICES.ports['issuer']['http']}/readyz")
        SERVICES.redis("CONFIG", "SET", "appendfsync", "everysec")
        try:
            wait_until("the issuer has closed", lambda: not ready(), NOTICED_SECONDS_MAX)
            checked = self.run_example()
            self.failed(checked, "UNAVAILABLE")
            unchecked = self.run_example(config={key: value for key, value in SERVICE_CONFIG.items() if key != "healthCheckConfig"})
            self.failed(unchecked, "UNAVAILABLE", "DURABILITY_BELOW_PROMISE")
            # A refusal of the service's own says that it was called.
            self.assertEqual("DURABILITY_BELOW_PROMISE" not in checked.stderr, self.checks_health, checked.stderr)
        finally:
            SERVICES.redis("CONFIG", "SET", "appendfsync", "always")
            wait_until("the issuer serves again", ready, NOTICED_SECONDS_MAX)


class PythonTest(Client, unittest.TestCase):
    language = Python()
    checks_health = True


class NodeTest(Client, unittest.TestCase):
    language = Node()
    checks_health = False  # grpc-js has no health checks: tools/clients/README.md says so


class GoTest(Client, unittest.TestCase):
    language = Go()
    checks_health = True


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main(verbosity=2)
