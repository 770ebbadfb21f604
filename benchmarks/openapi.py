"""Throws requests made from the service's own description at it, with and without a token, by Schemathesis.

    python benchmarks/openapi.py [--examples 200] [-o docs/results/openapi.md]

Requests that fit the description must be answered as it says, those that do not must be refused, and none may end in
an error of the server. NDJSON, which Schemathesis does not write, is left to tests/test_service_limits.py.
A body over the limit is refused with 413 before it is looked at, which Schemathesis must be told is a refusal too.
Nor is the header «Allow» compared, where the framework names the methods of one of two handlers of an address.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import httpx

OPTIONS = [
    "--phases=coverage,fuzzing", "--checks=all", "--exclude-checks=allow_header_conformance",
    "--exclude-path=/route/batch", "--continue-on-failure", "--warnings=off", "--no-color",
]  # fmt: skip
SETTINGS = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"]
"""
TOKEN = "t-0123456789"


def tried(token: str | None, examples: int, seed: int, folder: Path) -> tuple[int, str]:
    """How many requests were answered as they should be, and what was said if any was not."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    folder /= "closed" if token else "open"
    folder.mkdir()
    (folder / "schemathesis.toml").write_text(SETTINGS, encoding="utf-8")
    journal = folder / "j.db"
    command = [sys.executable, "-m", "tsur_nlp", "serve", "--port", str(port), "--journal", str(journal)]
    environment = os.environ | ({"TSUR_NLP_TOKEN": token} if token else {})
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as service:
        for _ in range(100):
            try:
                httpx.get(f"{url}/health")
                break
            except httpx.TransportError:
                time.sleep(0.2)
        schemathesis = [str(Path(sys.executable).with_name("st")), "run", f"{url}/openapi.json", *OPTIONS]
        schemathesis += [f"--max-examples={examples}", f"--seed={seed}"]
        schemathesis += ["-H", f"Authorization: Bearer {token}"] if token else []
        done = subprocess.run(schemathesis, cwd=folder, capture_output=True, text=True, env=os.environ)
        service.terminate()
        printed = service.communicate()[0].decode()
    found = re.search(r"(\d+) generated", done.stdout)
    problem = done.stdout + done.stderr if done.returncode else ""
    return int(found[1]) if found else 0, problem + (printed if "Traceback" in printed else "")


@click.command()
@click.option("--examples", default=200, show_default=True, help="Requests for each operation and phase.")
@click.option("--seed", default=0, show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path("docs/results/openapi.md"))
def main(examples: int, seed: int, output: Path) -> None:
    """Print and write how many requests were thrown."""
    lines = ["| служба | запросов | не по описанию |", "|---|---|---|"]
    problems = []
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as both:
        tokens = (None, TOKEN)
        results = both.map(lambda token: tried(token, examples, seed, Path(folder)), tokens)
        for title, (requests, problem) in zip(("без токена", "с токеном"), results, strict=True):
            lines.append(f"| {title} | {requests} | {'есть' if problem else 0} |")
            problems.append(problem)
    print("\n".join([*lines, *problems]))
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if any(problems):
        sys.exit(1)


if __name__ == "__main__":
    main()
