"""Runs the workloads with each client in turn, several rounds, and prints medians and ratios. Started by scripts/bench.

A ratio compares medians of one run only: what one machine does in a second says little about another, or about itself an hour
later. Rounds are interleaved, so that a slow minute slows all clients.
"""

import argparse
import json
import statistics
import subprocess
import sys

# workload: round trips or connections for the C clients, and for Python, which would take too long
COUNTS = {"latency": (20000, 4000), "throughput": (200000, 10000), "binary": (2000, 400), "connections": (1000, 300)}

# what is compared with libwebsockets alone: (title, workload, client, field, higher is better, bar)
BARS = [
    ("throughput, on the loop", "throughput", "loop", "per_s", True, 0.7),
    ("throughput", "throughput", "default", "per_s", True, 0.7),
    ("latency, on the loop", "latency", "loop", "us_each", False, 1.15),
    ("latency", "latency", "default", "us_each", False, 1.7),
    ("binary", "binary", "default", "per_s", True, 0.8),
    ("CPU of 1,000 connections", "connections", "default", "cpu_us_each", False, 1.8),
]


class Server:
    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        self.port = self.url.rsplit(":", 1)[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def run(*command):
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=600)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed")
    return [json.loads(line) for line in process.stdout.splitlines()]


def commands(options, server, workload, scale):
    """The clients of a workload, as (name, command)."""
    count, python_count = (max(1, int(number * scale)) for number in COUNTS[workload])
    sio = [options.sio, "bench", server.url, "--workload", workload, "--count", str(count)]
    yield "raw-c", [options.raw, "127.0.0.1", server.port, workload, str(count)]
    yield "loop", [*sio, "--delivery", "loop"]
    yield "default", sio
    yield "python", [options.python, options.python_client, server.url, workload, str(python_count)]


def median(runs):
    """Of each figure of several runs."""
    return {key: statistics.median(run[key] for run in runs) if isinstance(value, (int, float)) else value
            for key, value in runs[0].items()}


def measure(options, server):
    results = {}
    for round in range(options.rounds):
        for workload in COUNTS:
            for client, command in commands(options, server, workload, options.scale):
                print(f"round {round + 1}: {workload}, {client}", file=sys.stderr)
                results.setdefault(workload, {}).setdefault(client, []).extend(run(*command))
    return {workload: {client: median(runs) for client, runs in clients.items()} for workload, clients in results.items()}


def measure_many(options, server):
    """Ten times as many connections, which Python is spared."""
    count = max(10, int(10 * COUNTS["connections"][0] * options.scale))
    sio = [options.sio, "bench", server.url, "--workload", "connections", "--count", str(count)]
    return {
        "raw-c": run(options.raw, "127.0.0.1", server.port, "connections", str(count))[0],
        "loop": run(*sio, "--delivery", "loop")[0],
        "default": run(*sio)[0],
    }


def measure_polling(options):
    count = max(1, int(2000 * options.scale))
    with Server(options.test_server, "--port", "0") as server:
        sio = [options.sio, "bench", server.url, "--workload", "latency", "--transports", "polling", "--count", str(count)]
        python = [options.python, options.python_client, server.url, "latency", str(count), "polling"]
        clients = {"loop": [*sio, "--delivery", "loop"], "default": sio, "python": python}
        runs = {name: [] for name in clients}
        for _ in range(options.rounds):
            for name, command in clients.items():
                runs[name].extend(run(*command))
    return {name: median(lines) for name, lines in runs.items()}


def ratio(figures, client, field):
    return figures[client][field] / figures["raw-c"][field]


def print_table(title, clients):
    print(f"\n{title}")
    print(f"  {'client':10} {'per s':>10} {'µs each':>10} {'CPU µs each':>12} {'KB each':>8}  {'per s':>7} {'CPU':>6}")
    for client, line in clients.items():
        compared = ""
        if "raw-c" in clients:
            compared = f"{ratio(clients, client, 'per_s'):7.2f} {ratio(clients, client, 'cpu_us_each'):6.2f}"
        size = f"{line['kb_each']:.1f}" if "kb_each" in line else ""
        print(f"  {client:10} {line['per_s']:10.0f} {line['us_each']:10.2f} {line['cpu_us_each']:12.2f} {size:>8}  {compared}")


def judge(results):
    """The bars, as (title, figure, bar, met)."""
    for title, workload, client, field, higher, bar in BARS:
        figure = ratio(results["workloads"][workload], client, field)
        yield title, figure, bar, figure >= bar if higher else figure <= bar
    few, many = results["workloads"]["connections"]["default"], results["many"]["default"]
    growth = many["cpu_us_each"] / few["cpu_us_each"]
    yield "CPU each of ten times as many", growth, 1.2, growth <= 1.2
    yield "KB of an idle connection", few["kb_each"], 14, few["kb_each"] <= 14


def main():
    parser = argparse.ArgumentParser()
    for name in ["sio", "raw", "echo-server", "test-server", "python", "python-client", "micro"]:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--json")
    options = parser.parse_args()
    with Server(options.echo_server) as server:
        results = {"workloads": measure(options, server), "many": measure_many(options, server)}
    results["polling"] = measure_polling(options)
    results["codec"] = run(options.micro, "codec")
    with Server(options.test_server, "--port", "0") as server:
        results["allocations"] = run(options.micro, "allocations", server.url)[0]

    for workload, clients in results["workloads"].items():
        print_table(f"{workload}: {clients['raw-c']['n']}", clients)
    print_table(f"connections: {results['many']['default']['n']}", results["many"])
    print_table("round trips over polling", results["polling"])
    print("\ncodec, one message of 100 bytes")
    for line in results["codec"]:
        print(f"  {line['operation']:16} {line['by']:18} {line['per_s']:10} per s {line['ns_each']:7} ns")
    print("\nallocations: " + ", ".join(f"{name} {each}" for name, each in results["allocations"].items()))
    print("\nbeside libwebsockets alone")
    results["bars"] = []
    for title, figure, bar, met in judge(results):
        print(f"  {title:30} {figure:6.2f}  bar {bar:5.2f}  {'met' if met else 'MISSED'}")
        results["bars"].append({"title": title, "figure": round(figure, 3), "bar": bar, "met": met})
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=1)


main()
