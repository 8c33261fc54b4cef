"""Tokens for password managers: made on the tools page, used as Bitwarden does, revoked by the form, then worthless."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from fixture import Daemon, Smarthost, Visitor


def make_token(visitor: Visitor, target: str) -> None:
    page = visitor.page
    visitor.open("/tools")
    form = page.locator("#make-token")
    form.locator("#target").fill(target)
    form.locator("#days").fill("3")
    form.locator("#max-usage").fill("5")
    form.locator("button.primary").click()


def use(daemon: Daemon, token: str) -> tuple[int, str | None]:
    """As Bitwarden's addy.io client does."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps({"domain": "example.org", "description": "Website: shop.example"})
    answer = daemon.request("POST", "/api/v1/aliases", body, headers)
    return answer.status, answer.json()["data"]["email"] if answer.status == 201 else None


def use_other(daemon: Daemon, token: str) -> tuple[int, str | None]:
    """As its SimpleLogin client does."""
    headers = {"Authentication": token, "Content-Type": "application/json"}
    answer = daemon.request("POST", "/api/alias/random/new?hostname=shop.example", '{"note":"shop"}', headers)
    return answer.status, answer.json()["alias"] if answer.status == 201 else None


@pytest.mark.parametrize("scripted", [True, False])
def test_a_token_made_used_and_revoked(
    visitors: Callable[..., Visitor], daemon: Daemon, smarthost: Smarthost, target: str, scripted: bool
) -> None:
    visitor = visitors(java_script_enabled=scripted)
    page = visitor.page
    make_token(visitor, target)
    token = page.locator("output#token").inner_text()
    assert token.startswith("ta_")
    assert target not in token
    for client in (use, use_other):
        status, alias = client(daemon, token)
        assert status == 201
        assert alias is not None
        assert daemon.mail(alias) == 250
    assert len(smarthost.wait_for(target, 2)) == 2

    visitor.open("/tools")
    form = page.locator("#revoke-token")
    form.locator("#token-to-revoke").fill(token)
    form.get_by_role("button").click()
    expect(form.locator("#token-to-revoke")).to_have_count(0)
    assert use(daemon, token) == (401, None)
    assert use_other(daemon, token) == (401, None)
    assert daemon.mail(alias) == 250, "what it has made lives on"


def test_a_token_is_copied(visitors: Callable[..., Visitor], target: str) -> None:
    visitor = visitors(permissions=["clipboard-read", "clipboard-write"])
    make_token(visitor, target)
    visitor.page.locator("button#copy").click()
    token = visitor.page.locator("output#token").inner_text()
    assert visitor.page.evaluate("() => navigator.clipboard.readText()") == token


def test_a_site_that_asks_gives_the_token_to_who_reads_the_email(
    visitors: Callable[..., Visitor], asking: Daemon, smarthost: Smarthost, target: str
) -> None:
    visitor = visitors(asking.origin)
    make_token(visitor, target)
    expect(visitor.page.locator("output#token")).to_have_count(0)
    (email,) = smarthost.wait_for(target)
    reader = visitors(asking.origin)
    reader.open(email.links("/confirm/")[0])
    reader.page.locator("#confirm-button").click()
    expect(reader.page.locator("output#token")).to_be_visible()
    status, alias = use(asking, reader.page.locator("output#token").inner_text())
    assert status == 201
    assert alias is not None
    assert asking.mail(alias) == 250
