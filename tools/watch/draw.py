"""A dashboard as SVG: its panels where Grafana puts them, each drawn from its own queries."""
import html
import math
import time

from queries import fill

CELL_W, CELL_H, GAP = 58, 36, 8
MARGIN = 16
BACK, CARD, EDGE, TEXT, FAINT, GRID = "#111217", "#181b1f", "#2a2e35", "#d8d9da", "#8e9297", "#262a30"
COLORS = {"blue": "#5794f2", "green": "#73bf69", "purple": "#b877d9", "yellow": "#f2cc0c", "orange": "#ff9830", "red": "#f2495c"}
PALETTE = ["#73bf69", "#f2cc0c", "#8ab8ff", "#ff9830", "#f2495c", "#5794f2", "#b877d9", "#37872d"]
STEPS = 160
RATE_INTERVAL = "10s"  # five scrapes


def say(value, unit, decimals=None):
    """A value in Grafana's unit, short."""
    if unit == "percentunit":
        return f"{value * 100:.{1 if decimals is None else decimals}f} %"
    suffix = {"cps": " /s"}.get(unit, "")
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e4, "K")):
        if abs(value) >= size:
            size = 1e3 if letter == "K" else size
            return f"{value / size:.1f} {letter}{suffix}"
    digits = decimals if decimals is not None else 0 if value == int(value) or abs(value) >= 100 else 1 if abs(value) >= 1 else 2
    return f"{value:,.{digits}f}{suffix}"


class Drawing:
    def __init__(self, width, height):
        self.width, self.height = width, height
        self.parts = []

    def add(self, text):
        self.parts.append(text)

    def rect(self, x, y, w, h, color, radius=0, edge=None):
        stroke = f' stroke="{edge}"' if edge else ""
        self.add(f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(w, 0):.1f}" height="{max(h, 0):.1f}" rx="{radius}" fill="{color}"{stroke}/>')

    def text(self, x, y, what, size=12, color=TEXT, anchor="start", weight="normal"):
        self.add(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{color}" text-anchor="{anchor}" font-weight="{weight}">'
                 f"{html.escape(str(what))}</text>")

    def line(self, points, color, width=2.0):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.add(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width}" stroke-linejoin="round"/>')

    def area(self, upper, lower, color, opacity):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in upper + lower[::-1])
        self.add(f'<polygon points="{path}" fill="{color}" fill-opacity="{opacity}"/>')

    def svg(self, label):
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" viewBox="0 0 {self.width} {self.height}" '
                f'role="img" aria-label="{html.escape(label)}" font-family="Inter, Helvetica, Arial, DejaVu Sans, sans-serif">\n'
                + "\n".join(self.parts) + "\n</svg>\n")


class Data:
    """What Prometheus answers to a panel's queries: by name, a value, or values at instants."""

    def __init__(self, prometheus, start, end):
        self.prometheus, self.start, self.end = prometheus, start, end

    def name(self, target, metric):
        name = target["legendFormat"]
        for label, value in metric.items():
            name = name.replace("{{" + label + "}}", value)
        return name

    def now(self, target):
        expr = fill(target["expr"], self.end - self.start, RATE_INTERVAL)
        return [(self.name(target, series["metric"]), float(series["value"][1]), series["metric"]) for series in self.prometheus.now(expr, self.end)]

    def over(self, target):
        expr = fill(target["expr"], self.end - self.start, RATE_INTERVAL)
        step = max(1, (self.end - self.start) / STEPS)
        first = self.end - math.floor((self.end - self.start) / step) * step  # so that the last value is that of the end
        return [(self.name(target, series["metric"]), [(float(at), float(value)) for at, value in series["values"]])
                for series in self.prometheus.over(expr, first, self.end + 0.01, step)]


def color_of(panel, fallback="blue"):
    return COLORS[panel["fieldConfig"]["defaults"].get("color", {}).get("fixedColor", fallback)]


def draw_stat(to, panel, data, x, y, w, h):
    defaults = panel["fieldConfig"]["defaults"]
    series = data.over(panel["targets"][0])
    color = color_of(panel)
    name, values = series[0]
    top = max(value for _, value in values) or 1
    at = lambda when: x + 1 + (when - data.start) / (data.end - data.start) * (w - 2)
    upper = [(at(when), y + h - 2 - value / top * h * 0.3) for when, value in values]
    to.area(upper, [(px, y + h - 2) for px, _ in upper], color, 0.18)
    to.line(upper, color, 1.5)
    shown = say(values[-1][1], defaults["unit"], defaults.get("decimals"))
    if panel["targets"][0]["legendFormat"] == "{{currency}}":
        shown += " " + name
    to.text(x + w / 2, y + h * 0.46, shown, 30 if len(shown) < 11 else 25, color, "middle", "600")


def ticks(top):
    step = 10 ** math.floor(math.log10(top / 4)) if top > 0 else 1
    step = next(step * factor for factor in (1, 2, 2.5, 5, 10) if top / (step * factor) <= 5)
    return [step * index for index in range(int(top / step) + 1)]


def draw_lines(to, panel, data, x, y, w, h):
    defaults = panel["fieldConfig"]["defaults"]
    custom = defaults["custom"]
    stacked = custom.get("stacking", {}).get("mode") == "normal"
    series = sorted(found for target in panel["targets"] for found in data.over(target))
    instants = sorted({when for _, values in series for when, _ in values})
    known = [dict(values) for _, values in series]
    tops, lows = [], []
    under = dict.fromkeys(instants, 0.0)
    for values in known:
        lows.append(dict(under))
        tops.append({when: (under[when] if stacked else 0) + values.get(when, 0) for when in instants})
        under = tops[-1] if stacked else under
    top = max((value for values in tops for value in values.values()), default=1) * 1.08 or 1
    left, right, low, high = x + 52, x + w - 10, y + h - 62, y + 6
    px = lambda when: left + (when - data.start) / (data.end - data.start) * (right - left)
    py = lambda value: low - value / top * (low - high)
    for tick in ticks(top):
        to.line([(left, py(tick)), (right, py(tick))], GRID, 1)
        to.text(left - 8, py(tick) + 4, say(tick, defaults["unit"]), 11, FAINT, "end")
    marks = range(math.ceil(data.start / 30) * 30, int(data.end), 30 if data.end - data.start < 400 else 120)
    for when in marks:
        if px(when) < right - 20:
            to.text(px(when), low + 16, time.strftime("%H:%M:%S", time.gmtime(when)), 11, FAINT, "middle")
    for index, (name, _) in enumerate(series):
        color = PALETTE[index % len(PALETTE)]
        upper = [(px(when), py(tops[index][when])) for when in instants]
        to.area(upper, [(px(when), py(lows[index][when])) for when in instants], color, custom.get("fillOpacity", 0) / 100)
        to.line(upper, color, custom.get("lineWidth", 2))
    at, line = left - 40, y + h - 29
    for index, (name, _) in enumerate(series):
        wide = 36 + 6.9 * len(name)
        if at + wide > right:
            at, line = left - 40, line + 19
        to.rect(at, line - 6, 14, 4, PALETTE[index % len(PALETTE)], 2)
        to.text(at + 20, line, name, 12, TEXT)
        at += wide


def draw_bars(to, panel, data, x, y, w, h):
    defaults = panel["fieldConfig"]["defaults"]
    found = [(name, value) for target in panel["targets"] for name, value, _ in data.now(target)]
    if len(panel["targets"]) == 1:
        found.sort(key=lambda pair: -pair[1])
    top = defaults.get("max") or max(value for _, value in found) or 1
    color = color_of(panel)
    left = x + 22 + 7.7 * max(len(name) for name, _ in found)
    room = w - (left - x) - 74
    each = min(48, (h - 12) / len(found))
    for index, (name, value) in enumerate(found):
        at = y + 4 + index * each
        to.text(left - 8, at + each / 2 + 4, name, 12 if each > 16 else 10, TEXT, "end")
        to.rect(left, at + 3, room, each - 6, GRID, 2)
        to.rect(left, at + 3, room * min(1, value / top), each - 6, color, 2)
        to.text(left + room + 8, at + each / 2 + 4, say(value, defaults["unit"], defaults.get("decimals")), 13, color, weight="600")


def draw_table(to, panel, data, x, y, w, h):
    organize = next(step["options"] for step in panel["transformations"] if step["id"] == "organize")
    key = next(name for name, at in organize["indexByName"].items() if at == 0)
    units = {override["matcher"]["options"]: override["properties"][0]["value"] for override in panel["fieldConfig"]["overrides"]}
    rows = {}
    for target in panel["targets"]:
        for name, value, metric in data.now(target):
            rows.setdefault(metric[key], {})[target["legendFormat"]] = value
    columns = [target["legendFormat"] for target in panel["targets"]]
    first = 0.3
    at = lambda index: x + w * (first + (1 - first) * (index + 1) / len(columns)) - 14
    to.text(x + 14, y + 16, organize["renameByName"][key], 12, "#6e9fff", weight="600")
    for index, column in enumerate(columns):
        to.text(at(index), y + 16, column, 12, "#6e9fff", "end", "600")
    for number, name in enumerate(sorted(rows)):
        line = y + 28 + number * 34
        to.line([(x + 8, line), (x + w - 8, line)], EDGE, 1)
        to.text(x + 14, line + 22, name, 13)
        for index, column in enumerate(columns):
            if column in rows[name]:
                to.text(at(index), line + 22, say(rows[name][column], units[column]), 13, TEXT, "end")


KINDS = {"stat": draw_stat, "timeseries": draw_lines, "bargauge": draw_bars, "table": draw_table}


def draw(dashboard, prometheus, start, end):
    """The dashboard with every variable at All, over the time between the two instants."""
    head = 58
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"])
    to = Drawing(24 * CELL_W + 2 * MARGIN, head + rows * CELL_H + MARGIN)
    to.rect(0, 0, to.width, to.height, BACK)
    to.text(MARGIN + 4, 36, dashboard["title"], 22, TEXT, weight="600")
    span = f"{time.strftime('%H:%M:%S', time.gmtime(start))} to {time.strftime('%H:%M:%S', time.gmtime(end))} UTC"
    to.text(to.width - MARGIN - 4, 36, span, 13, FAINT, "end")
    data = Data(prometheus, start, end)
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        x, y = MARGIN + place["x"] * CELL_W + GAP / 2, head + place["y"] * CELL_H + GAP / 2
        w, h = place["w"] * CELL_W - GAP, place["h"] * CELL_H - GAP
        if panel["type"] == "row":
            to.text(x + 2, y + h / 2 + 6, panel["title"], 15, TEXT, weight="600")
            continue
        to.rect(x, y, w, h, CARD, 4, EDGE)
        to.text(x + 12, y + 22, panel["title"], 14, TEXT, weight="600")
        KINDS[panel["type"]](to, panel, data, x, y + 32, w, h - 32)
    return to.svg(dashboard["title"])
