"""deploy/prometheus by promtool: configuration and rules are valid, each alert fires and stays silent in tests/*.yml, and those tests
notice an alert that is spoilt. Each alert has all that whoever is on call needs."""
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "deploy/prometheus")
# Which tests prove which alerts, and which of them the alerts of short windows and those of three days, so that a spoilt one needs only its own.
RULES = {"alerts.yml": ["causes.yml", "slow_causes.yml"], "slo.yml": ["availability.yml", "latency.yml", "days.yml"]}
TESTS_OF_NTH = {("slo.yml", 0): ["availability.yml", "latency.yml"], ("slo.yml", 1): ["availability.yml", "latency.yml"], ("slo.yml", 2): ["days.yml"]}


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def read(*path):
    with open(os.path.join(FOLDER, *path), encoding="utf-8") as file:
        return file.read()


def alerts():
    """(file, how many alerts of the same name stand before it, alert) of each."""
    for name in RULES:
        before = collections.Counter()
        for group in yaml.safe_load(read("rules", name))["groups"]:
            for rule in group["rules"]:
                if "alert" in rule:
                    yield name, before[rule["alert"]], rule
                    before[rule["alert"]] += 1


def failing(name, nth, how):
    """Of the alerts in the file `name` that are the nth of their name, each is spoilt by `how`. Answers which were, and in whose cases
    promtool then finds something else than expected."""
    with tempfile.TemporaryDirectory(prefix="tessera-rules-") as folder:
        shutil.copytree(os.path.join(FOLDER, "rules"), os.path.join(folder, "rules"))
        shutil.copytree(os.path.join(FOLDER, "tests"), os.path.join(folder, "tests"))
        content = yaml.safe_load(read("rules", name))
        before, spoilt = collections.Counter(), set()
        for group in content["groups"]:
            for rule in group["rules"]:
                if "alert" not in rule:
                    continue
                before[rule["alert"]] += 1
                changed = how(rule["expr"])
                if before[rule["alert"]] == nth + 1 and changed != rule["expr"]:
                    rule["expr"] = changed
                    spoilt.add(rule["alert"])
        if not spoilt:
            return spoilt, set()
        with open(os.path.join(folder, "rules", name), "w", encoding="utf-8") as file:
            yaml.safe_dump(content, file)
        status, says = promtool("check", "rules", os.path.join(folder, "rules", name))
        assert status == 0, says
        tests = TESTS_OF_NTH.get((name, nth), RULES[name])
        says = "".join(promtool("test", "rules", os.path.join(folder, "tests", test))[1] for test in tests)
        return spoilt, set(re.findall(r"alertname: (\w+), time", says))


class RulesTest(unittest.TestCase):
    def test_configuration_and_rules_are_valid(self):
        status, says = promtool("check", "config", os.path.join(FOLDER, "prometheus.yml"))
        self.assertEqual(status, 0, says)
        self.assertIn("3 rule files found", says)
        files = [os.path.join(FOLDER, "rules", name) for name in os.listdir(os.path.join(FOLDER, "rules"))]
        status, says = promtool("check", "rules", "--lint=all", "--lint-fatal", *files)
        self.assertEqual(status, 0, says)

    def test_alerts_fire_and_are_silent(self):
        for tests in RULES.values():
            for name in tests:
                status, says = promtool("test", "rules", os.path.join(FOLDER, "tests", name))
                self.assertEqual(status, 0, says)

    def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(self):
        fires, silent = set(), set()
        for tests in RULES.values():
            for name in tests:
                for test in yaml.safe_load(read("tests", name))["tests"]:
                    for case in test["alert_rule_test"]:
                        for alert in case["exp_alerts"]:
                            fires.add((case["alertname"], alert["exp_labels"].get("window")))
                        if not case["exp_alerts"]:
                            silent.add(case["alertname"])
        wanted = {(rule["alert"], rule["labels"].get("window")) for _, _, rule in alerts()}
        self.assertEqual(fires, wanted)
        self.assertEqual(silent, {name for name, _ in wanted})

    def test_a_spoilt_alert_is_noticed(self):
        """One that never fires, one that always does, and one without its guard."""
        never = lambda expr: f"({expr}) and on () vector(0) > 1"
        # Always, with the labels that the alert has: whatever the expression looks at, compared with nothing.
        always = lambda expr: re.sub(r" (>|<|==) (?=[0-9(])[0-9.]+( \* [0-9.]+)?", r" >= -1e9", expr) if "absent" not in expr else f"up >= 0 or {expr}"
        unguarded = lambda expr: re.sub(r" and job:slo_\w*calls:rate\w+ > [0-9.]+$", "", expr)
        count = 0
        for kind, how in (("never", never), ("always", always), ("unguarded", unguarded)):
            for name, nth in (("alerts.yml", 0), ("slo.yml", 0), ("slo.yml", 1), ("slo.yml", 2)):
                spoilt, noticed = failing(name, nth, how)
                self.assertEqual(spoilt - noticed, set(), f"{kind}, {name}, {nth}")
                count += len(spoilt)
        self.assertEqual(count, 2 * len(list(alerts())) + 6, "each never, each always, and six have guards")
        print(f"[trials] spoilt alerts: {count}")

    def test_each_alert_says_what_to_do(self):
        headings = set(re.findall(r"^## (\w+)$", read("README.md"), flags=re.M))
        names = set()
        for _, _, rule in alerts():
            names.add(rule["alert"])
            self.assertIn(rule["labels"]["severity"], ("page", "ticket"), rule["alert"])
            for key in ("summary", "description"):
                self.assertTrue(rule["annotations"][key].strip(), rule["alert"])
            self.assertEqual(rule["annotations"]["runbook"], f"deploy/prometheus/README.md#{rule['alert'].lower()}")
        self.assertEqual(headings, names, "the runbook's sections are the alerts")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main(verbosity=2)
