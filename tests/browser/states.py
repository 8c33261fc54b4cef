"""Every page of the site, in every state that a person can meet it, and the way there.

A state is a function that brings a visitor's page to it. The name becomes the name of the picture.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from fixture import Daemon, Smarthost, Visitor


@dataclass(frozen=True)
class Stage:
    """What a state can be made with."""

    visitor: Visitor
    daemon: Daemon
    smarthost: Smarthost
    target: str
    # The language's prefix of a path, "/de", or nothing where the browser's own preference decides.
    language: str = ""

    @property
    def page(self) -> Page:
        return self.visitor.page

    def open(self, path: str) -> None:
        self.visitor.open(self.language + path)


State = Callable[[Stage], None]

STATES: dict[str, State] = {}
"""Of the site as it is installed."""

ASKING: dict[str, State] = {}
"""Of a site that asks the target first."""


def of(table: dict[str, State]) -> Callable[[State], State]:
    """Enters a function into a table under its name."""

    def enter(state: State) -> State:
        table[state.__name__.replace("_", "-")] = state
        return state

    return enter


@of(STATES)
def home(stage: Stage) -> None:
    stage.open("/")


@of(STATES)
def home_problem(stage: Stage) -> None:
    stage.open("/")
    stage.page.locator("#target").evaluate("field => field.form.noValidate = true")
    stage.page.locator("#target").fill("nobody at home")
    stage.page.locator("#make-button").click()
    expect(stage.page.locator("#problem")).to_be_visible()


@of(STATES)
def made(stage: Stage) -> None:
    stage.open("/")
    stage.page.locator("#target").fill(stage.target)
    stage.page.locator("#days").fill("3")
    stage.page.locator("#max-usage").fill("5")
    stage.page.locator("#make-button").click()
    expect(stage.page.locator("output#alias")).to_be_visible()


@of(STATES)
def made_with_bookmarklet(stage: Stage) -> None:
    made(stage)
    stage.page.locator("#make-bookmarklet").click()
    expect(stage.page.locator("a#bookmarklet")).to_be_visible()


@of(STATES)
def manage(stage: Stage) -> None:
    stage.open(stage.daemon.alias(stage.target).manage_path)
    expect(stage.page.locator("#pause")).to_be_visible()


@of(STATES)
def manage_uncounted(stage: Stage) -> None:
    stage.open(stage.daemon.alias(stage.target, days=60).manage_path)


@of(STATES)
def manage_used_up(stage: Stage) -> None:
    alias = stage.daemon.alias(stage.target, **{"max-usage": 1})
    assert stage.daemon.mail(alias.address) == 250
    stage.open(alias.manage_path)


@of(STATES)
def manage_paused(stage: Stage) -> None:
    manage(stage)
    stage.page.locator("#pause").click()
    expect(stage.page.locator("#resume")).to_be_visible()


@of(STATES)
def manage_problem(stage: Stage) -> None:
    manage(stage)
    form = stage.page.locator("#extend-days")
    form.evaluate("form => form.noValidate = true")
    form.locator("#days").fill("1000")
    form.get_by_role("button").click()
    expect(stage.page.locator("#problem")).to_be_visible()


@of(STATES)
def manage_sure(stage: Stage) -> None:
    manage(stage)
    summary = stage.page.locator("details:has(#revoke) > summary")
    if summary.count():
        summary.click()
    expect(stage.page.locator("#revoke")).to_be_visible()


@of(STATES)
def revoked(stage: Stage) -> None:
    manage_sure(stage)
    stage.page.locator("#revoke").click()
    expect(stage.page.locator("#revoke")).to_have_count(0)


@of(STATES)
def manage_of_nothing(stage: Stage) -> None:
    stage.open("/manage/aaaaaaaaaaaa@example.org/" + "A" * 22)


@of(STATES)
def nothing_here(stage: Stage) -> None:
    stage.open("/nothing/here")


@of(STATES)
def about(stage: Stage) -> None:
    stage.open("/about")


@of(STATES)
def privacy(stage: Stage) -> None:
    stage.open("/privacy")


@of(STATES)
def api(stage: Stage) -> None:
    stage.open("/api")


@of(STATES)
def tools(stage: Stage) -> None:
    stage.open("/tools")


@of(STATES)
def tools_problem(stage: Stage) -> None:
    stage.open("/tools")
    form = stage.page.locator("#make-token")
    form.evaluate("form => form.noValidate = true")
    form.locator("#target").fill("nobody at home")
    form.locator("button.primary").click()
    expect(stage.page.locator("#problem")).to_be_visible()


def ask_for_token(stage: Stage) -> None:
    stage.open("/tools")
    form = stage.page.locator("#make-token")
    form.locator("#target").fill(stage.target)
    form.locator("button.primary").click()


@of(STATES)
def token(stage: Stage) -> None:
    ask_for_token(stage)
    expect(stage.page.locator("output#token")).to_be_visible()


@of(STATES)
def token_revoked(stage: Stage) -> None:
    token(stage)
    text = stage.page.locator("output#token").inner_text()
    stage.open("/tools")
    form = stage.page.locator("#revoke-token")
    form.locator("#token-to-revoke").fill(text)
    form.get_by_role("button").click()
    expect(form).to_have_count(0)


@of(STATES)
def opt_out(stage: Stage) -> None:
    stage.open("/opt-out")


@of(STATES)
def opt_out_sent(stage: Stage) -> None:
    opt_out(stage)
    stage.page.locator("#target").fill(stage.target)
    stage.page.locator("#opt-out").get_by_role("button").click()
    expect(stage.page.locator("#opt-out")).to_have_count(0)


@of(STATES)
def confirm_refuse(stage: Stage) -> None:
    opt_out_sent(stage)
    (email, *_) = stage.smarthost.wait_for(stage.target)
    stage.open(urlsplit(email.links("/confirm/")[0]).path)
    expect(stage.page.locator("#confirm-button")).to_be_visible()


@of(STATES)
def refused(stage: Stage) -> None:
    confirm_refuse(stage)
    stage.page.locator("#confirm-button").click()
    expect(stage.page.locator("#confirm-button")).to_have_count(0)


@of(STATES)
def confirm_allow(stage: Stage) -> None:
    refused(stage)
    opt_out_sent(stage)
    (_, email) = stage.smarthost.wait_for(stage.target, 2)
    stage.open(urlsplit(email.links("/confirm/")[0]).path)
    expect(stage.page.locator("#confirm-button")).to_be_visible()


@of(STATES)
def allowed(stage: Stage) -> None:
    confirm_allow(stage)
    stage.page.locator("#confirm-button").click()
    expect(stage.page.locator("#confirm-button")).to_have_count(0)


@of(STATES)
def home_refused(stage: Stage) -> None:
    refused(stage)
    stage.open("/")
    stage.page.locator("#target").fill(stage.target)
    stage.page.locator("#days").fill("3")
    stage.page.locator("#make-button").click()
    expect(stage.page.locator("#problem")).to_be_visible()


@of(STATES)
def confirm_of_nothing(stage: Stage) -> None:
    stage.open("/confirm/" + "A" * 40)


@of(STATES)
def small_window(stage: Stage) -> None:
    ask_for_token(stage)
    text = stage.page.locator("output#token").inner_text()
    stage.open("/pop#" + text)
    expect(stage.page.locator("output#alias")).to_be_visible()


@of(STATES)
def small_window_without_token(stage: Stage) -> None:
    stage.open("/pop")


@of(ASKING)
def pending(stage: Stage) -> None:
    stage.open("/")
    stage.page.locator("#target").fill(stage.target)
    stage.page.locator("#days").fill("3")
    stage.page.locator("#make-button").click()
    expect(stage.page.locator("#pending")).to_be_visible()


@of(ASKING)
def manage_pending(stage: Stage) -> None:
    pending(stage)
    stage.page.locator("#manage-link").click()
    expect(stage.page.locator("#state")).to_be_visible()


@of(ASKING)
def confirm_activate(stage: Stage) -> None:
    pending(stage)
    (email, *_) = stage.smarthost.wait_for(stage.target)
    stage.open(urlsplit(email.links("/confirm/")[0]).path)
    expect(stage.page.locator("#confirm-button")).to_be_visible()


@of(ASKING)
def activated(stage: Stage) -> None:
    confirm_activate(stage)
    stage.page.locator("#confirm-button").click()
    expect(stage.page.locator("#confirm-button")).to_have_count(0)


@of(ASKING)
def token_pending(stage: Stage) -> None:
    ask_for_token(stage)
    expect(stage.page.locator("#pending")).to_be_visible()


@of(ASKING)
def confirm_token(stage: Stage) -> None:
    token_pending(stage)
    (email, *_) = stage.smarthost.wait_for(stage.target)
    stage.open(urlsplit(email.links("/confirm/")[0]).path)
    expect(stage.page.locator("#confirm-button")).to_be_visible()


@of(ASKING)
def token_confirmed(stage: Stage) -> None:
    confirm_token(stage)
    stage.page.locator("#confirm-button").click()
    expect(stage.page.locator("output#token")).to_be_visible()
