"""Draws the figures of docs/performance.md from the results of one run, and writes its tables. Started by scripts/bench.

The same results always give the same files: the salt of ids is fixed, and there is no date.
"""

import argparse
import json
import pathlib
import shutil
import sys

import matplotlib
from matplotlib.figure import Figure

import tables

# Legible on white and on black.
TEXT = "#757b84"
PEER = "#8a8f98"
CORE = "#5b8fc9"
OURS = "#2f81f7"

MICROSECONDS = " µs"
NOTE = "Compare the ratios to libwebsockets alone. Figures in brackets are of one machine only. A bar with a gap is cut."
# file: (title, panels). A panel is (title, workload, field, unit, whether to show the ratio to the raw client).
FIGURES = {
    "throughput": ("Throughput: acknowledged events per second, 1,024 in flight – higher is better", [
        ("", "throughput", "per_s", "/s", True)]),
    "latency": ("Latency: time of one round trip, one at a time – lower is better", [
        ("", "latency", "us_each", MICROSECONDS, True)]),
    "binary": ("Binary: acknowledged events of 100 KB per second, 16 in flight – higher is better", [
        ("", "binary", "per_s", "/s", True)]),
    "cpu": ("CPU time of one acknowledged event – lower is better", [
        ("one at a time", "latency", "cpu_us_each", MICROSECONDS, True),
        ("1,024 in flight", "throughput", "cpu_us_each", MICROSECONDS, True),
        ("1,024 in flight, over TLS", "throughput-tls", "cpu_us_each", MICROSECONDS, True)]),
    "connections": ("Connections: CPU time to open one, memory of an idle one – lower is better", [
        ("CPU time to open one of 1,000", "connections", "cpu_us_each", MICROSECONDS, True),
        ("memory of an idle connection, KB", "connections", "kb_each", "", False),
        ("memory of an idle connection over TLS, KB", "connections-tls", "kb_each", "", False)]),
}

WIDTH, BAR, GAP, HEAD = 8.3, 0.27, 0.34, 0.62  # inches


def shown(values):
    """The length of the axis. A value that dwarfs all others is cut, so that these can be told apart."""
    second, largest = sorted(values)[-2:] if len(values) > 1 else (values[0], values[0])
    return second * 1.25 if largest > 3 * second else largest


def draw_panel(axes, clients, field, unit, relative):
    names = [name for name in tables.NAMES if name in clients and field in clients[name]]
    base = clients["raw-c"][field] or 1
    values = [clients[name][field] / base if relative else clients[name][field] for name in names]
    limit = shown(values)
    for row, (name, value) in enumerate(zip(names, values)):
        color = OURS if name in ("loop", "default") else CORE if name == "core" else PEER
        if value <= limit:
            axes.barh(row, value, 0.72, color=color)
        else:  # a gap shows that the bar is cut
            axes.barh(row, limit * 0.93, 0.72, color=color)
            axes.barh(row, limit * 0.05, 0.72, left=limit * 0.95, color=color)
        end = min(value, limit) + limit * 0.012
        text = axes.annotate(tables.number(value), (end, row), va="center", color=TEXT, fontweight="bold")
        if relative:
            axes.annotate(f"({tables.number(clients[name][field])}{unit})", (1, 0.5), (5, 0), xycoords=text,
                          textcoords="offset points", va="center", color=TEXT)
    if relative:
        axes.axvline(1, color=TEXT, linewidth=0.8, alpha=0.5, linestyle=(0, (3, 3)), zorder=0)
    axes.set_xlim(0, limit * 1.28)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), [tables.NAMES[name] for name in names], color=TEXT)
    for label, name in zip(axes.get_yticklabels(), names):
        if name in ("loop", "default"):
            label.set_fontweight("bold")
    axes.tick_params(length=0)
    axes.set_xticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def draw_figure(path, title, panels, workloads):
    """One file with the panels whose workloads ran, or none without any."""
    panels = [panel for panel in panels if panel[1] in workloads]
    if not panels:
        return
    heights = [BAR * len(workloads[workload]) for _, workload, *_ in panels]
    total = HEAD + sum(heights) + sum(GAP for panel in panels if panel[0]) + 0.1 * len(panels)
    figure = Figure(figsize=(WIDTH, total))
    figure.text(0.012, 1 - 0.19 / total, title, va="center", color=TEXT, fontsize=11.5, fontweight="bold")
    figure.text(0.012, 1 - 0.43 / total, NOTE, va="center", color=TEXT, fontsize=8.5)
    top = total - HEAD
    for (head, workload, field, unit, relative), height in zip(panels, heights):
        if head:
            figure.text(0.012, (top - GAP * 0.55) / total, head, va="center", color=TEXT, fontweight="bold")
            top -= GAP
        axes = figure.add_axes([0.285, (top - height) / total, 0.7, height / total])
        draw_panel(axes, workloads[workload], field, unit, relative)
        top -= height + 0.1
    metadata = {"Date": None, "Creator": "Benchmarks/draw.py", "Title": title}
    figure.savefig(path, format="svg", transparent=True, metadata=metadata)


def draw(results, folder):
    """Draws every figure whose workloads ran into `folder`."""
    settings = {"svg.hashsalt": "performance", "svg.fonttype": "none", "font.size": 9.5,
                "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"]}
    folder.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(settings):
        for name, (title, panels) in FIGURES.items():
            draw_figure(folder / f"{name}.svg", title, panels, results["workloads"])


START, END = "<!-- results: scripts/bench --draw writes what follows -->\n", "<!-- end of results -->\n"


def with_tables(page, results):
    """The page, with the tables of these results in place of its own."""
    before, rest = page.split(START)
    after = rest.split(END)[1]
    return f"{before}{START}{tables.section(results)}{END}{after}"


def publish(results, page):
    """Writes the tables. What the page shows has to come from one whole run."""
    missing = {workload for _, panels in FIGURES.values() for _, workload, *_ in panels} - set(results["workloads"])
    if missing or "polling" not in results:
        sys.exit("these results are not those of a whole run: start scripts/bench without --core and --workload")
    page.write_text(with_tables(page.read_text(), results))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--page", type=pathlib.Path, help="also write its tables, and keep the results beside the figures")
    options = parser.parse_args()
    results = json.loads(options.results.read_text())
    if options.page:
        publish(results, options.page)
    draw(results, options.folder)
    if options.page:
        kept = options.folder / "results.json"
        if not (kept.exists() and kept.samefile(options.results)):
            shutil.copyfile(options.results, kept)


if __name__ == "__main__":
    main()
