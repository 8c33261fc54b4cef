"""Every page and state as people see it: windows from phone to desk, light and dark, large text, no motion.

The pictures are put beside the build, under `screenshots/`, for somebody to look at.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import PICTURES
from fixture import Daemon, Smarthost, Visitor
from states import ASKING, STATES, Stage, State

WIDTHS = {360: 740, 768: 1024, 1440: 900}

EVERY_STATE = pytest.mark.parametrize("name", [*STATES, *ASKING])

# Twice the size that the page chose, as a person sets it who needs it, whatever the page's units.
TWICE_THE_TEXT = """() => {
    const root = document.documentElement;
    root.style.fontSize = 2 * parseFloat(getComputedStyle(root).fontSize) + 'px';
}"""

MOVING = """() => document.getAnimations()
    .filter(animation => animation.playState === 'running')
    .map(animation => animation.effect.target.outerHTML.slice(0, 120))"""


@pytest.fixture
def bring(
    visitors: Callable[..., Visitor], request: pytest.FixtureRequest, smarthost: Smarthost, target: str
) -> Callable[..., Visitor]:
    """Brings a new visitor to a state, by its name."""

    def go(name: str, language: str = "", **profile: object) -> Visitor:
        state: State = STATES.get(name) or ASKING[name]
        of: Daemon = request.getfixturevalue("daemon" if name in STATES else "asking")
        visitor = visitors(of.origin, **profile)
        state(Stage(visitor, of, smarthost, target, language))
        return visitor

    return go


@EVERY_STATE
def test_fits_and_is_accessible_in_light_and_dark(name: str, bring: Callable[..., Visitor]) -> None:
    visitor = bring(name)
    faults = []
    for width, height in WIDTHS.items():
        visitor.page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            visitor.page.emulate_media(color_scheme=scheme)
            found = [*visitor.overflow(), *visitor.violations()]
            faults += [f"{width} {scheme}: {fault}" for fault in found]
            picture(visitor, f"{name}-{width}-{scheme}.png")
    assert not faults, "\n".join(faults)


@EVERY_STATE
def test_fits_and_is_accessible_in_german(name: str, bring: Callable[..., Visitor]) -> None:
    visitor = bring(name, "/de")
    faults = [f"{fault}" for fault in visitor.violations()]
    for width, height in WIDTHS.items():
        visitor.page.set_viewport_size({"width": width, "height": height})
        faults += [f"{width}: {fault}" for fault in visitor.overflow()]
        picture(visitor, f"{name}-{width}-de.png")
    assert not faults, "\n".join(faults)


@EVERY_STATE
def test_zoom_large_text_and_no_motion(name: str, bring: Callable[..., Visitor]) -> None:
    """WCAG 1.4.4 and 1.4.10: twice as large, and 400 % of a window of 1280; and who wants no motion sees none."""
    visitor = bring(name, reduced_motion="reduce")
    page = visitor.page
    assert page.evaluate(MOVING) == []
    faults = []
    for width in (640, 320):
        page.set_viewport_size({"width": width, "height": 512})
        faults += [f"{width}: {fault}" for fault in visitor.overflow()]
    page.set_viewport_size({"width": 640, "height": 512})
    page.evaluate(TWICE_THE_TEXT)
    faults += [f"large text: {fault}" for fault in visitor.overflow()]
    picture(visitor, f"{name}-large.png")
    assert not faults, "\n".join(faults)


def test_what_is_drawn_keeps_still(visitors: Callable[..., Visitor]) -> None:
    """Pictures have movements of their own, which no script can list: two looks at the page are the same."""
    visitor = visitors(reduced_motion="reduce")
    visitor.open("/")
    before = visitor.page.screenshot(full_page=True)
    visitor.page.wait_for_timeout(700)
    assert visitor.page.screenshot(full_page=True) == before


def picture(visitor: Visitor, name: str) -> Path:
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / name
    visitor.page.screenshot(path=path, full_page=True)
    return path
