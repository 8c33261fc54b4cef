"""What the browser's own cache makes of the site: the second visit costs a 304, and what comes is compressed."""

from typing import Any

from fixture import Visitor, until


def test_the_second_visit_is_a_304_and_the_first_was_gzip(visitor: Visitor) -> None:
    network = visitor.context.new_cdp_session(visitor.page)
    network.send("Network.enable")
    answers: dict[str, Any] = {}
    on_the_wire: dict[str, Any] = {}
    lengths: dict[str, int] = {}
    network.on("Network.responseReceived", lambda event: answers.update({event["requestId"]: event["response"]}))
    # What went over the wire, before the cache made it a 200 again.
    network.on("Network.responseReceivedExtraInfo", lambda event: on_the_wire.update({event["requestId"]: event}))
    network.on(
        "Network.loadingFinished", lambda event: lengths.update({event["requestId"]: event["encodedDataLength"]})
    )

    def visit() -> dict[str, tuple[int, dict[str, str], int]]:
        """By path: status and header fields on the wire, octets that came."""
        for table in (answers, on_the_wire, lengths):
            table.clear()
        visitor.open("/")
        visitor.page.wait_for_load_state("networkidle")
        until("all has come", lambda: answers.keys() == lengths.keys())
        wire: dict[str, tuple[int, dict[str, str], int]] = {}
        for one, answer in answers.items():
            # Of what a page has twice, a picture that is its icon too, the second is from the cache already.
            if one in on_the_wire:
                fields = {name.lower(): value for name, value in on_the_wire[one]["headers"].items()}
                path = answer["url"].removeprefix(visitor.origin)
                wire.setdefault(path, (on_the_wire[one]["statusCode"], fields, lengths[one]))
        return wire

    first, second = visit(), visit()
    status, headers, length = first["/"]
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert length < len(visitor.page.content()), "what came is smaller than what is shown"
    for path, (status, headers, _) in first.items():
        assert status == 200, path
        if path.endswith((".css", ".js", ".svg")):
            assert headers["content-encoding"] == "gzip", path
    status, headers, again = second["/"]
    assert status == 304
    assert headers["etag"] == first["/"][1]["etag"]
    assert again < length
    for path, (status, _, _) in second.items():
        assert status == 304, f"{path} came again"


def test_pages_with_secrets_are_not_kept(visitor: Visitor, target: str) -> None:
    answers = []
    visitor.page.on("response", lambda response: answers.append(response))
    visitor.open("/")
    visitor.page.locator("#target").fill(target)
    visitor.page.locator("#days").fill("3")
    visitor.page.locator("#make-button").click()
    visitor.page.locator("#manage-link").click()
    visitor.page.locator("#pause").wait_for()
    secret = [answer for answer in answers if answer.url.endswith("/aliases") or "/manage/" in answer.url]
    assert len(secret) == 2
    for answer in secret:
        assert answer.headers["cache-control"] == "no-store", answer.url
        assert answer.headers["referrer-policy"] == "no-referrer", answer.url
