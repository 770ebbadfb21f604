"""The service under load: requests a second and waiting times by connections, then a long run for memory.

    python benchmarks/service.py [--workers 2] [--seconds 15] [--soak 600] [-o docs/results/service.md]

The load comes from wrk (Debian: `apt-get install wrk`), on the same machine, so that it takes a part of the cores.
Messages are those of the self-written sample. Memory and the time of processors are those of all processes of the
service; the latter, unlike requests a second, hardly depends on what else the machine does.
"""

import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import httpx

SAMPLE = Path(__file__).parents[1] / "notebooks" / "sample_incidents.csv"
SCRIPT = """
local bodies = {%s}
local i = 0
request = function()
  i = i %% #bodies + 1
  return wrk.format("POST", "/route", {["Content-Type"] = "application/json"}, bodies[i])
end
done = function(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.read + summary.errors.timeout + summary.errors.connect
  local rate = summary.requests / summary.duration * 1e6
  io.write(string.format("FIGURES %%f %%f %%f %%d\\n", rate, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, failed))
end
"""
CONNECTIONS = (1, 8, 64)


def load(script: Path, url: str, connections: int, seconds: int) -> tuple[float, float, float, int]:
    """Requests a second, median and 99th percentile in milliseconds, failed requests."""
    command = ["wrk", f"-t{min(2, connections)}", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = re.search(r"FIGURES (\S+) (\S+) (\S+) (\d+)", done.stdout)
    assert found, done.stdout
    return float(found[1]), float(found[2]), float(found[3]), int(found[4])


def memory(parent: int) -> float:
    """Resident megabytes of a process and its children."""
    children = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True).stdout.split()
    statuses = [Path(f"/proc/{pid}/status").read_text() for pid in (parent, *children)]
    return sum(int(kilobytes) for status in statuses for kilobytes in re.findall(r"VmRSS:\s+(\d+)", status)) / 1024


def processor_seconds(parent: int) -> float:
    """What a process and its children have used of all cores so far."""
    children = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True).stdout.split()
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in (parent, *children)]
    return sum(int(field[11]) + int(field[12]) for field in fields) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@click.command()
@click.option("--workers", default=2, show_default=True)
@click.option("--seconds", default=15, show_default=True)
@click.option("--soak", default=600, show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/service.md"))
def main(workers: int, seconds: int, soak: int, output: Path) -> None:
    """Print and write the tables."""
    with SAMPLE.open(encoding="utf-8-sig", newline="") as stream:
        texts = [row["Текст инцидента"] for row in csv.DictReader(stream)]
    port, busy = free_port(), os.getloadavg()[0]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "tsur_nlp", "serve", "--port", str(port), "--workers", str(workers)]
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(command, stdout=subprocess.DEVNULL) as service:
        script = Path(folder) / "post.lua"
        bodies = ", ".join(f"[==[{json.dumps({'text': text})}]==]" for text in texts)
        script.write_text(SCRIPT % bodies, encoding="utf-8")
        for _ in range(100):
            try:
                httpx.get(f"{url}/health")
                break
            except httpx.TransportError:
                time.sleep(0.2)
        load(script, url, 8, 5)
        lines = [
            f"Процессов службы: {workers}. Ядер: {os.cpu_count()}, занято другой работой до начала: {busy:.1f}.",
            "",
            "| соединений | запросов в секунду | p50, мс | p99, мс | процессорных мс на запрос | неудач |",
        ]
        lines.append("|---|---|---|---|---|---|")
        for connections in CONNECTIONS:
            before = processor_seconds(service.pid)
            rate, median, worst, failed = load(script, url, connections, seconds)
            cost = 1000 * (processor_seconds(service.pid) - before) / (rate * seconds)
            lines.append(f"| {connections} | {rate:.0f} | {median:.1f} | {worst:.1f} | {cost:.2f} | {failed} |")
            print(lines[-1], flush=True)
        lines += ["", "| после, с | память, МБ | неудач |", "|---|---|---|", f"| 0 | {memory(service.pid):.0f} | 0 |"]
        for part in range(1, 5):
            failed = load(script, url, 8, max(soak // 4, 1))[3]
            lines.append(f"| {part * soak // 4} | {memory(service.pid):.0f} | {failed} |")
            print(lines[-1], flush=True)
        service.send_signal(signal.SIGTERM)
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
