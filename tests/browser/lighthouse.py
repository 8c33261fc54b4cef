"""What tests/browser/lighthouse runs: a daemon, its pages before Lighthouse, a table of scores."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from fixture import Daemon, Smarthost

LEAST = 95
CATEGORIES = ["performance", "accessibility", "best-practices", "seo"]
PAGES = ["/", "/about", "/privacy", "/tools", "/api", "/opt-out"]
# Pages with a secret tell search engines to keep off, which is no virtue in Lighthouse's eyes.
SECRET = ["made", "manage"]


@contextmanager
def shown(daemon: Daemon, path: str, form: str) -> Iterator[str]:
    """The answer to a form, at an address that can be asked for: Lighthouse sends no forms."""
    fields = {"Accept": "text/html", "Accept-Encoding": "gzip", "Content-Type": "application/x-www-form-urlencoded"}
    answer = daemon.request("POST", path, form, fields)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
            page = answer if self.path == path else daemon.request("GET", self.path, headers=given)
            self.send_response(200 if page is answer else page.status)
            for name, value in page.headers.items():
                if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            self.wfile.write(page.body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{path}"
        server.shutdown()


def measure(url: str, form_factor: str) -> tuple[dict[str, int], list[str]]:
    """The scores of one page, of 100, and what could be better."""
    flags = "--headless --no-sandbox" if os.geteuid() == 0 else "--headless"
    command = [os.environ["LIGHTHOUSE"], url, "--quiet", "--output=json", f"--chrome-flags={flags}"]
    command.append(f"--only-categories={','.join(CATEGORIES)}")
    if form_factor == "desktop":
        command.append("--preset=desktop")
    report = json.loads(subprocess.run(command, check=True, timeout=180, stdout=subprocess.PIPE).stdout)
    assert "runtimeError" not in report, report["runtimeError"]
    failed = [
        f"{audit['id']}: {audit['title']}"
        for audit in report["audits"].values()
        if audit["scoreDisplayMode"] in ("binary", "numeric", "metricSavings") and (audit["score"] or 0) < 0.9
    ]
    return {name: round(100 * (report["categories"][name]["score"] or 0)) for name in CATEGORIES}, failed


def main() -> int:
    """Measures every page; how many scores are too low."""
    smarthost = Smarthost()
    daemon = Daemon(smarthost.port)
    low = 0
    try:
        with shown(daemon, "/aliases", "target=you%40example.net&days=3&max-usage=5") as made:
            manage = daemon.origin + daemon.alias("you@example.net").manage_path
            addresses = {path: daemon.origin + path for path in PAGES} | {"made": made, "manage": manage}
            print(f"{'page':10} {'as':8} " + " ".join(CATEGORIES))
            for name, url in addresses.items():
                for form_factor in ("mobile", "desktop"):
                    scores, failed = measure(url, form_factor)
                    columns = " ".join(f"{scores[category]:{len(category)}}" for category in CATEGORIES)
                    print(f"{name:10} {form_factor:8} {columns}", flush=True)
                    wanted = {category for category in CATEGORIES if category != "seo" or name not in SECRET}
                    if any(scores[category] < LEAST for category in wanted):
                        low += 1
                        print("".join(f"    {line}\n" for line in failed), end="")
    finally:
        daemon.stop()
        smarthost.stop()
    return low


sys.exit(min(main(), 1))
