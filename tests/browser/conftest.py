"""What every test is given."""

import os
import re
import shutil
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from fixture import DEADLINE, Daemon, Smarthost, Visitor
from fixture.daemon import TARGET
from fixture.visitor import FLAGS

PICTURES = TARGET / "screenshots"


def pytest_configure() -> None:
    """Who is told to end leaves nothing running: as with Ctrl-C, fixtures are ended first."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Playwright's own is five seconds.
    expect.set_options(timeout=DEADLINE * 1000)


@pytest.fixture(scope="session")
def smarthost() -> Iterator[Smarthost]:
    """Where mail goes."""
    server = Smarthost()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def daemon(smarthost: Smarthost) -> Iterator[Daemon]:
    """tempalias as it is installed."""
    yield from serving(Daemon(smarthost.port))


@pytest.fixture(scope="session")
def asking(smarthost: Smarthost) -> Iterator[Daemon]:
    """tempalias that asks the target first."""
    yield from serving(Daemon(smarthost.port, confirm=True))


def serving(running: Daemon) -> Iterator[Daemon]:
    """A daemon until the end, when nobody whom the tests have invented may be in its log."""
    yield running
    running.stop()
    assert "real.example" not in running.log()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    program = shutil.which("chromium")
    assert program, "chromium is not installed: tests/run does it"
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        # People's browsers do block pop-ups.
        running = playwright.chromium.launch(
            executable_path=program, args=flags, ignore_default_args=["--disable-popup-blocking"]
        )
        yield running
        running.close()


@pytest.fixture
def visitors(browser: Browser, daemon: Daemon) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors, each with a profile of its own; all are checked at the end."""
    with ExitStack() as visits:

        def visit(origin: str = daemon.origin, **profile: Any) -> Visitor:
            return visits.enter_context(Visitor(browser, origin, **profile))

        yield visit


@pytest.fixture
def visitor(visitors: Callable[..., Visitor]) -> Visitor:
    """Somebody who reads English, at a desk."""
    return visitors()


@pytest.fixture
def target(request: pytest.FixtureRequest) -> str:
    """A real address that no other test uses."""
    return re.sub(r"\W+", ".", request.node.name).strip(".")[:60] + "@real.example"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """A test that fails shows what the daemon has said and what the person saw."""
    report = (yield).get_result()
    if not report.failed:
        return
    funcargs: dict[str, Any] = getattr(item, "funcargs", {})
    for name, value in funcargs.items():
        if isinstance(value, Daemon):
            report.sections.append((f"the log of {name}", value.log()[-4000:]))
    for value in funcargs.values():
        if isinstance(value, Visitor) and call.when == "call":
            picture = PICTURES / f"failed-{re.sub(r'[^a-z0-9-]+', '-', item.name.lower())}.png"
            picture.parent.mkdir(parents=True, exist_ok=True)
            value.page.screenshot(path=picture)
            report.sections.append(("what the visitor saw", f"{value.page.url} {picture}"))
