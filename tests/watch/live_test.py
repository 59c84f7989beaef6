"""The three services under load, and a real Prometheus: every query of every panel and every rule finds what it is about, mistakes in
them are found, and alerts are true when what they are about happens."""
import os
import signal
import subprocess
import sys
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/watch"))
from load import DayOfAllCurrencies  # noqa: E402
from queries import Prometheus, dashboard_mistakes, dashboards, fill, mistakes, panels, samples  # noqa: E402
from services import SERVICES, wait_until  # noqa: E402
from stack import Stack  # noqa: E402

DAY_SECONDS = 20
VISITS = 400
NOTICED_SECONDS_MAX = 30

# A dashboard's text and what a mistake makes of it.
MISSPELT = [
    ("a misspelt metric", "tessera:campaign_coupons{what=\\\"issued\\\"", "tessera:campaign_cupons{what=\\\"issued\\\""),
    ("a label that the metric does not have", "campaign=~\\\"$campaign\\\"", "campaign_id=~\\\"$campaign\\\""),
    ("a value that the label never has", "what=\\\"rolled_back\\\"", "what=\\\"rolledback\\\""),
    ("an outcome that does not exist", "outcome=\\\"refused\\\"", "outcome=\\\"denied\\\""),
    ("half an expression", "sum(tessera:campaign_coupons", "sum((tessera:campaign_coupons"),
    ("a function that does not exist", "clamp_min(deriv(", "clamp_min(derivative("),
    ("a variable that nobody fills", "$__rate_interval", "$__rate_intervall"),
    ("a division by nothing", "> 0)", "* 0)"),
    ("a variable's metric", "label_values(tessera_build_info", "label_values(tessera_built_info"),
]


class LiveTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(os.environ["TESSERA_BIN_DIR"])
        cls.stack.__enter__()
        cls.addClassCleanup(cls.stack.__exit__)
        cls.prometheus = Prometheus(cls.stack.prometheus)
        day = DayOfAllCurrencies(cls.stack, DAY_SECONDS, VISITS)
        day.open_campaigns()
        cls.start = time.time()
        day.play()
        day.settle(cls.prometheus)
        cls.end = time.time()

    def test_1_metrics_are_clean(self):
        for name in SERVICES:
            done = subprocess.run(["promtool", "check", "metrics"], input=self.stack.metrics(name), capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), name)

    def test_2_every_panel_finds_what_it_is_about(self):
        queries = 0
        for name, dashboard in dashboards().items():
            self.assertEqual(dashboard_mistakes(self.prometheus, dashboard, self.start, self.end), [], name)
            queries += sum(len(panel["targets"]) for panel in panels(dashboard))
        print(f"[trials] queries of panels: {queries}")

    def test_3_every_rule_finds_what_it_is_about(self):
        rules = self.prometheus.rules()
        for rule in rules:
            self.assertEqual((rule["health"], rule.get("lastError")), ("ok", None), rule["name"])
            found = mistakes(self.prometheus, rule["query"], self.start, self.end, is_alert=rule["type"] == "alerting")
            self.assertEqual(found, [], rule["name"])
        names = {rule["name"] for rule in rules}
        self.assertTrue({"tessera:campaign_amount", "job:slo_errors_per_call:ratio_rate3d", "TesseraAnalyticsLag"} <= names)
        print(f"[trials] rules: {len(rules)}")

    def test_4_mistakes_are_found(self):
        import json
        text = json.dumps(dashboards()["tessera-business.json"])
        for what, right, wrong in MISSPELT:
            self.assertIn(right, text, what)
            found = dashboard_mistakes(self.prometheus, json.loads(text.replace(right, wrong, 1)), self.start, self.end)
            self.assertNotEqual(found, [], what)
            self.assertEqual(len({line.split(":")[0] for line in found}), 1, f"{what}: {found}")
        absent = 'sum by (job) (up{job="tessera-issuer"}) == 0 or absent(up{job="tesera-redeemer"})'
        self.assertNotEqual(mistakes(self.prometheus, absent, self.start, self.end, is_alert=True), [])
        print(f"[trials] seeded mistakes: {len(MISSPELT) + 1}")

    def test_5_the_business_overview_tells_what_the_day_was(self):
        shown = {}
        for panel in panels(dashboards()["tessera-business.json"]):
            for target in panel["targets"]:
                result = self.prometheus.now(fill(target["expr"], self.end - self.start), self.end)
                shown[(panel["title"], target["legendFormat"])] = result
        value = lambda *key: sum(samples(shown[key]))
        self.assertEqual(value("Funnel", "issued"), value("Issued", "issued"))
        self.assertLess(value("Funnel", "reserved"), value("Funnel", "issued"))
        self.assertLess(value("Funnel", "rolled back"), value("Funnel", "redeemed"))
        self.assertLess(value("Conversion", "conversion"), 1)
        # Yen have no cents, dinars have three: 1000.00, 100000, 100.000 and 10.0000 less 5.00, 500, 0.500 and 0.0500.
        revenue = {series["metric"]["currency"]: float(series["value"][1]) for series in shown[("Revenue", "{{currency}}")]}
        self.assertEqual({currency: revenue[currency] for currency in ("JPY", "KWD", "CLF")}, {"JPY": 99500, "KWD": 99.5, "CLF": 9.95})
        reasons = {series["metric"]["reason"] for title in ("Why coupons were not issued", "Why coupons were not used")
                   for series in shown[(title, "{{reason}}")]}
        self.assertLessEqual({"STOCK", "USER_QUOTA", "INVALID_CODE", "COUPON_ALREADY_REDEEMED", "COUPON_RESERVED", "MINIMUM_SPEND_NOT_MET"}, reasons)

    def test_6_the_campaign_that_ran_out_is_low_on_stock(self):
        expr, = [rule["query"] for rule in self.prometheus.rules() if rule["name"] == "TesseraStockLow"]
        self.assertEqual({series["metric"]["campaign"] for series in self.prometheus.now(expr, self.end)}, {"spring-15-percent"})

    def becomes_true(self, alert):
        """The series for which the alert's expression holds, once it does."""
        expr, = [rule["query"] for rule in self.prometheus.rules() if rule["name"] == alert]
        wait_until(f"{alert} is not true before it happens", lambda: self.prometheus.now(expr) == [], NOTICED_SECONDS_MAX)
        return lambda: wait_until(alert, lambda: self.prometheus.now(expr), NOTICED_SECONDS_MAX)

    def test_7_alerts_are_true_when_it_happens(self):
        weak = self.becomes_true("TesseraDurabilityBelowPromise")
        self.stack.redis("CONFIG", "SET", "appendfsync", "everysec")
        self.assertEqual({series["metric"]["reason"] for series in weak()}, {"DURABILITY_BELOW_PROMISE"})
        self.stack.redis("CONFIG", "SET", "appendfsync", "always")
        behind, unreachable = self.becomes_true("TesseraAnalyticsLag"), self.becomes_true("TesseraRedisUnreachable")
        self.stack.end("redis", signal.SIGKILL)
        wait_until("all have lost it", lambda: len(unreachable()) == len(SERVICES), NOTICED_SECONDS_MAX)
        self.assertEqual(behind()[0]["metric"], {"job": "tessera-analytics"})
        down, gone = self.becomes_true("TesseraInstanceDown"), self.becomes_true("TesseraServiceGone")
        self.stack.end("issuer", signal.SIGKILL)
        self.assertEqual(down()[0]["metric"]["job"], "tessera-issuer")
        self.assertEqual(gone()[0]["metric"], {"job": "tessera-issuer"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
