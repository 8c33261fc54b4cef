"""What a script adds to the pages: a copy on the clipboard, presets, and settings that are kept when asked."""

import json
from collections.abc import Callable

from playwright.sync_api import expect

from fixture import Mouse, Visitor


def make(visitor: Visitor, target: str, days: str = "3", messages: str = "5") -> str:
    page = visitor.page
    page.locator("#target").fill(target)
    page.locator("#days").fill(days)
    page.locator("#max-usage").fill(messages)
    page.locator("#make-button").click()
    expect(page.locator("output#alias")).to_be_visible()
    return page.locator("output#alias").inner_text()


def test_copy_puts_the_alias_on_the_clipboard(visitors: Callable[..., Visitor], target: str) -> None:
    visitor = visitors(permissions=["clipboard-read", "clipboard-write"])
    visitor.open("/")
    alias = make(visitor, target)
    button = visitor.page.locator("button#copy")
    said_before = visitor.page.locator("main").inner_text()
    button.click()
    assert visitor.page.evaluate("() => navigator.clipboard.readText()") == alias
    expect(visitor.page.locator("main")).not_to_have_text(said_before, use_inner_text=True)


def test_without_a_script_there_is_no_button_that_does_nothing(visitors: Callable[..., Visitor], target: str) -> None:
    visitor = visitors(java_script_enabled=False)
    visitor.open("/")
    for what in ("#remember", "button#copy", "button#make-bookmarklet"):
        expect(visitor.page.locator(what).locator("visible=true")).to_have_count(0)
    make(visitor, target)
    for what in ("button#copy", "button#make-bookmarklet"):
        expect(visitor.page.locator(what).locator("visible=true")).to_have_count(0)


def test_the_answer_comes_in_place_and_the_focus_with_it(visitor: Visitor, target: str) -> None:
    """Who cannot see the page is told that it is another."""
    visitor.open("/")
    title = visitor.page.title()
    documents = sum(request.is_navigation_request() for request in visitor.requests)
    make(visitor, target)
    assert sum(request.is_navigation_request() for request in visitor.requests) == documents, "the page was left"
    expect(visitor.page.locator("main h1")).to_be_focused()
    assert visitor.page.title() != title


def test_nothing_is_remembered_unasked(visitor: Visitor, target: str) -> None:
    visitor.open("/")
    expect(visitor.page.locator("#remember")).not_to_be_checked()
    make(visitor, target, days="9")
    assert visitor.kept() == {}
    visitor.open("/")
    expect(visitor.page.locator("#target")).to_have_value("")
    assert visitor.page.locator("#days").input_value() != "9"


def test_settings_are_remembered_when_asked_and_forgotten_when_asked(visitor: Visitor, target: str) -> None:
    page = visitor.page
    visitor.open("/")
    Mouse(page).check(page.locator("#remember"))
    make(visitor, target, days="9", messages="4")
    visitor.remembers = True
    assert target in json.dumps(visitor.kept())
    visitor.open("/")
    expect(page.locator("#remember")).to_be_checked()
    expect(page.locator("#target")).to_have_value(target)
    expect(page.locator("#days")).to_have_value("9")
    expect(page.locator("#max-usage")).to_have_value("4")
    # To change one's mind is enough, nothing has to be sent.
    Mouse(page).check(page.locator("#remember"))
    visitor.remembers = False
    assert visitor.kept() == {}
    visitor.open("/")
    expect(page.locator("#target")).to_have_value("")
    expect(page.locator("#remember")).not_to_be_checked()


def test_presets_fill_the_fields(visitor: Visitor) -> None:
    """One press sets a limit, another takes it back; what is set is told to who cannot see it."""
    page = visitor.page
    visitor.open("/")
    for label, field, value in (("3 days", "#days", "3"), ("5 messages", "#max-usage", "5")):
        preset = page.get_by_role("button", name=label, exact=True)
        preset.click()
        expect(page.locator(field)).to_have_value(value)
        expect(preset).to_have_attribute("aria-pressed", "true")
        preset.click()
        expect(page.locator(field)).to_have_value("")
        expect(preset).to_have_attribute("aria-pressed", "false")


def test_another_one_leads_back_to_the_form(visitor: Visitor, target: str) -> None:
    page = visitor.page
    visitor.open("/")
    first = make(visitor, target)
    page.locator("a#again").click()
    expect(page.locator("#make-button")).to_be_visible()
    assert make(visitor, target) != first


def test_the_way_back(visitor: Visitor, target: str) -> None:
    """Back leads from an answer in place to its form, not to another site; a way within the page loses nothing."""
    page = visitor.page
    visitor.open("/about")
    visitor.open("/")
    make(visitor, target)
    page.locator("a[href='#main']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    expect(page.locator("output#alias")).to_be_visible()
    page.go_back()
    expect(page.locator("output#alias")).to_be_visible()
    page.go_back()
    expect(page.locator("#make-button")).to_be_visible()
    expect(page.locator("output#alias")).to_have_count(0)
    page.go_back()
    assert page.url.endswith("/about")
