"""The queries of dashboards and rules, and what Prometheus says of them."""
import json
import math
import os
import re
import urllib.error
import urllib.parse
import urllib.request

from services import ROOT

DASHBOARDS = os.path.join(ROOT, "deploy/grafana/dashboards")


def dashboards():
    """Every committed dashboard, by its file's name."""
    found = {}
    for name in sorted(os.listdir(DASHBOARDS)):
        with open(os.path.join(DASHBOARDS, name), encoding="utf-8") as file:
            found[name] = json.load(file)
    return found


def panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def fill(text, range_seconds, rate_interval="30s"):
    """As Grafana would with every variable at All."""
    text = text.replace("$__rate_interval", rate_interval).replace("$__range", f"{int(range_seconds)}s")
    return re.sub(r"\$(job|instance|campaign)\b", ".+", text)


class Refused(Exception):
    """Prometheus could not make sense of it."""


class Prometheus:
    def __init__(self, url):
        self.url = url
        self.known = {}  # what was answered of the past stays so

    def ask(self, path, **parameters):
        data = urllib.parse.urlencode(parameters, doseq=True).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}" + (f"?{data.decode()}" if data else ""), timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise Refused(json.load(error).get("error", str(error))) from error

    def once(self, path, **parameters):
        key = (path, *parameters.items())
        if key not in self.known:
            self.known[key] = self.ask(path, **parameters)["result"]
        return self.known[key]

    def now(self, expr, at=None):
        return self.once("query", query=expr, time=at) if at else self.ask("query", query=expr)["result"]

    def over(self, expr, start, end, step):
        return self.once("query_range", query=expr, start=start, end=end, step=step)

    def rules(self):
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]


def samples(result):
    for series in result:
        for _, value in series.get("values", [series["value"]] if "value" in series else []):
            yield float(value)


# Words of the language and functions are followed by "(", by a label list, or are these.
WORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset", "inf", "nan"}
CLAUSE = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
SELECTOR = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)?(?P<labels>\{(?:[^}\"]|\"(?:\\.|[^\"\\])*\")*\})?")


def selectors(expr):
    """Every series selector in it."""
    found = set()
    at = 0
    text = re.sub(r"\[[^\]]*\]", "", CLAUSE.sub(" ", expr))
    while at < len(text):
        if text[at] == '"':
            at = re.compile(r'"(?:\\.|[^"\\])*"').match(text, at).end()
            continue
        match = SELECTOR.match(text, at)
        if not match.group(0) or (at and text[at - 1].isdigit()):
            at += 1
            continue
        called = re.match(r"\s*\(", text[match.end():]) and not match.group("labels")
        if match.group("labels") or not (called or match.group("name").lower() in WORDS):
            found.add(match.group(0))
        at = match.end()
    return found


def mistakes(prometheus, expr, start, end, is_alert=False):
    """What is wrong with an expression on the data between the two instants: a list of sentences, empty when all is well. An alert is
    silent when all is well, so of it only the series are looked for that it reads."""
    found = []
    try:
        results = [prometheus.now(expr, end), prometheus.over(expr, start, end, 1)]
        for selector in sorted(selectors(expr)):
            if not prometheus.over(selector, start, end, 1):
                found.append(f"no series: {selector}")
    except Refused as error:
        return [f"refused: {error}"]
    if not is_alert and not results[1]:
        found.append("empty")
    odd = [value for result in results for value in samples(result) if not math.isfinite(value)]
    if odd:
        found.append(f"not finite: {odd[0]}, {len(odd)} times")
    return found


def dashboard_mistakes(prometheus, dashboard, start, end):
    """The same of every panel and variable of a dashboard, each with its name in front."""
    found = []
    for panel in panels(dashboard):
        for target in panel["targets"]:
            for what in mistakes(prometheus, fill(target["expr"], end - start), start, end):
                found.append(f"{panel['title']} ({target['refId']}): {what}")
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        match = re.match(r"label_values\((.+), (\w+)\)$", variable["query"]["query"])
        values = match and {series.get(match.group(2)) for series in
                            prometheus.ask("series", **{"match[]": fill(match.group(1), end - start), "start": start, "end": end})} - {None}
        if not values:
            found.append(f"variable {variable['name']}: no value")
    return found
