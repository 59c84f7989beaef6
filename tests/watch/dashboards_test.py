"""The committed dashboards are what the code writes, and each is whole: every panel has title, description and unit, no two overlap, and
the variables are there."""
import copy
import json
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/watch"))
from queries import DASHBOARDS, dashboards, panels  # noqa: E402

VARIABLES = ["datasource", "job", "instance", "campaign"]
WIDTH = 24
BUSINESS = ["Issued", "Redeemed", "Conversion", "Discount", "Revenue", "Funnel", "Why coupons were not issued", "Why coupons were not used",
            "Campaigns with stock left"]
SERVICES = ["Calls by method", "Failed calls by method", "Latency by method, 99th percentile", "Scripts by name", "Calls in flight", "CPU", "Memory"]


def shape_mistakes(dashboard):
    """What is wrong with a dashboard as such, in sentences."""
    found = []
    for key in ("title", "uid", "description"):
        if not dashboard.get(key):
            found.append(f"no {key}")
    names = [variable["name"] for variable in dashboard["templating"]["list"]]
    if names != VARIABLES:
        found.append(f"variables are {names}")
    ids = [panel["id"] for panel in dashboard["panels"]]
    if len(set(ids)) != len(ids):
        found.append("two panels have one id")
    taken = {}
    for panel in dashboard["panels"]:
        title = panel.get("title", "")
        place = panel["gridPos"]
        if place["x"] < 0 or place["x"] + place["w"] > WIDTH or place["w"] < 1 or place["h"] < 1:
            found.append(f"{title}: outside of the grid")
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), title)
                if other != title:
                    found.append(f"{title} overlaps {other}")
        if not title:
            found.append(f"panel {panel['id']}: no title")
        if panel["type"] == "row":
            continue
        if not panel.get("description", "").endswith("."):
            found.append(f"{title}: no description in sentences")
        if not panel["fieldConfig"]["defaults"].get("unit"):
            found.append(f"{title}: no unit")
        if not panel.get("targets"):
            found.append(f"{title}: no query")
        for target in panel.get("targets", []):
            if target["datasource"] != {"type": "prometheus", "uid": "${datasource}"}:
                found.append(f"{title}: not the chosen datasource")
            if not target.get("expr") or not target.get("legendFormat"):
                found.append(f"{title}: a query without expression or legend")
    return sorted(set(found))


class DashboardsTest(unittest.TestCase):
    def test_each_is_whole(self):
        found = dashboards()
        self.assertEqual(sorted(found), ["tessera-business.json", "tessera-services.json"])
        for name, dashboard in found.items():
            self.assertEqual(shape_mistakes(dashboard), [], name)
        for name, wanted in (("tessera-business.json", BUSINESS), ("tessera-services.json", SERVICES)):
            titles = [panel["title"] for panel in panels(found[name])]
            self.assertEqual([title for title in wanted if title not in titles], [])
            self.assertEqual(len(titles), len(set(titles)), "titles are told apart")

    def test_mistakes_are_found(self):
        def without(key):
            def change(dashboard):
                del panels(dashboard)[0][key]
            return change

        def overlap(dashboard):
            panels(dashboard)[1]["gridPos"] = dict(panels(dashboard)[0]["gridPos"])

        def beyond(dashboard):
            panels(dashboard)[0]["gridPos"]["x"] = 23

        def no_unit(dashboard):
            del panels(dashboard)[0]["fieldConfig"]["defaults"]["unit"]

        def fixed_source(dashboard):
            panels(dashboard)[0]["targets"][0]["datasource"] = {"type": "prometheus", "uid": "prometheus"}

        def no_variable(dashboard):
            del dashboard["templating"]["list"][3]
        changes = [without("title"), without("description"), without("targets"), overlap, beyond, no_unit, fixed_source, no_variable]
        for change in changes:
            dashboard = copy.deepcopy(dashboards()["tessera-business.json"])
            change(dashboard)
            self.assertNotEqual(shape_mistakes(dashboard), [], change.__name__)
        print(f"[trials] mistakes in dashboards: {len(changes)}")

    def test_the_committed_ones_are_what_the_code_writes(self):
        tool = os.path.join(ROOT, "tools/dashboards")
        done = subprocess.run([tool, "--check"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        # It does fail when they differ: one number of one of them is changed in a copy of the folder.
        with tempfile.TemporaryDirectory(prefix="tessera-dashboards-") as folder:
            for name, dashboard in dashboards().items():
                if name == "tessera-business.json":
                    panels(dashboard)[0]["gridPos"]["h"] += 1
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n")
            done = subprocess.run([tool, "--check", folder], capture_output=True, text=True, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("tessera-business.json", done.stdout)
            self.assertNotIn("tessera-services.json", done.stdout)

    def test_provisioning_names_what_is_there(self):
        import yaml
        folder = os.path.join(ROOT, "deploy/grafana/provisioning")
        with open(os.path.join(folder, "datasources/prometheus.yaml"), encoding="utf-8") as file:
            source, = yaml.safe_load(file)["datasources"]
        with open(os.path.join(folder, "dashboards/tessera.yaml"), encoding="utf-8") as file:
            provider, = yaml.safe_load(file)["providers"]
        with open(os.path.join(ROOT, "deploy/prometheus/prometheus.yml"), encoding="utf-8") as file:
            scrape = yaml.safe_load(file)
        self.assertEqual((source["type"], source["url"]), ("prometheus", "http://prometheus:9090"))
        self.assertEqual(source["jsonData"]["timeInterval"], scrape["global"]["scrape_interval"])
        self.assertTrue(provider["options"]["path"].startswith("/"))
        for dashboard in dashboards().values():
            default = dashboard["templating"]["list"][0]["current"]["value"]
            self.assertEqual(default, source["uid"])
        self.assertTrue(os.path.isdir(DASHBOARDS))


if __name__ == "__main__":
    unittest.main(verbosity=2)
