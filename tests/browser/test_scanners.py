"""Link scanners: programs that follow every link in an e-mail or a chat before a person does. They change nothing."""

from http.client import HTTPConnection

from fixture import DEADLINE, Daemon, Smarthost

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "User-Agent": "Mozilla/5.0 (scanner)"}


def scan(daemon: Daemon, path: str, times: int = 1000) -> set[int]:
    """Reads a page many times on one connection; the statuses that came."""
    connection = HTTPConnection("127.0.0.1", daemon.web_port, timeout=DEADLINE)
    statuses = set()
    for number in range(times):
        connection.request("HEAD" if number % 10 == 9 else "GET", path, headers=BROWSER)
        answer = connection.getresponse()
        answer.read()
        statuses.add(answer.status)
    connection.close()
    return statuses


def test_a_manage_link_read_a_thousand_times(daemon: Daemon, target: str) -> None:
    alias = daemon.alias(target)
    changing = {"currentDate"}
    before = {name: value for name, value in daemon.inspect(alias).items() if name not in changing}
    assert scan(daemon, alias.manage_path) == {200}
    for action in ("revoke", "pause", "extend&days=1"):
        assert scan(daemon, f"{alias.manage_path}?action={action}", 20) == {200}
    after = {name: value for name, value in daemon.inspect(alias).items() if name not in changing}
    assert after == before
    assert daemon.mail(alias.address) == 250


def test_a_link_that_confirms_read_a_thousand_times(asking: Daemon, smarthost: Smarthost, target: str) -> None:
    alias = asking.alias(target, days=3)
    (email,) = smarthost.wait_for(target)
    links = email.links("/confirm/")
    assert len(links) == 2, "one that says yes, one that says never again"
    for link in links:
        path = link.removeprefix(asking.origin)
        assert scan(asking, path, 500) == {200}
    assert asking.mail(alias.address) == 550, "not alive"
    assert asking.inspect(alias)["confirmed"] is False
    asking.alias(target, days=3)  # nor refused
    assert len(smarthost.wait_for(target, 2)) == 2, "nothing but the two e-mails has come"
