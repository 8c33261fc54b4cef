"""The API as it describes itself: schemathesis asks what /openapi.json allows, and much that it forbids.

1. No answer is a 5xx, and none has a status, type, field or header field that is not described.
2. What the description forbids is refused, and what it allows is granted.
3. A method that is not described is a 405 that says which are; without its key or token nobody gets anything.
4. What was made is there, and what was ended is not, along the links of the description.

A site that asks targets for their consent answers otherwise; it is asked as well.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fixture import Daemon, Smarthost

CONFIGURATION = """\
seed = 5
hooks = "{hooks}"
output.sanitization.enabled = false

[generation]
database = "none"
max-examples = {examples}

[checks.positive_data_acceptance]
# Too long a body is no fault of the data; and an Idempotency-Key is good for one request.
expected-statuses = ["2xx", "401", "403", "404", "413", "422", "429"]

[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "413", "422", "429"]

[auth.openapi]
manageKey.bearer = "{key}"
token.bearer = "{token}"
authentication.api_key = "{token}"

[[operations]]
# Whether a time is right, no schema can say: that depends on the day.
include-operation-id = ["createAlias", "changeAlias"]
checks.positive_data_acceptance.enabled = false

[[operations]]
# With a wrong key there is no such alias: 404, as for the key of another.
include-path = "/aliases/{{aid}}"
checks.ignored_auth.enabled = false

[[operations]]
# Once void, a token stays void; the hooks present good ones, also where wrong ones are wanted.
include-operation-id = "revokeToken"
checks.positive_data_acceptance.enabled = false
checks.ignored_auth.enabled = false

[[operations]]
include-path = "/confirm/{{capability}}"
parameters = {{ capability = "{capability}" }}
"""

# Nothing here is about how much one may make.
LIMITS = "[limits]\ncreations_per_address = 0\nemails_per_address = 1000000"


def token(daemon: Daemon, smarthost: Smarthost, target: str) -> str:
    """A token; from the e-mail's page if it must be confirmed."""
    order = json.dumps({"target": target, "days": 3})
    answer = daemon.request("POST", "/tokens", order, {"Content-Type": "application/json"})
    if answer.status == 202:
        answer = daemon.request("POST", f"/confirm/{capability(smarthost, target)}")
    made: str = answer.json()["token"]
    return made


def capability(smarthost: Smarthost, target: str) -> str:
    """The end of the first link in the last e-mail."""
    link: str = smarthost.wait_for(target)[-1].links("/confirm/")[0]
    return link.rsplit("/", 1)[1]


@pytest.mark.parametrize(("confirm", "examples"), [(False, 25), (True, 10)], ids=["as it is", "with consent"])
def test_every_answer_is_as_described(
    smarthost: Smarthost, tmp_path: Path, target: str, confirm: bool, examples: int
) -> None:
    daemon = Daemon(smarthost.port, confirm, LIMITS)
    try:
        leaving = f"leaving.{target}"
        daemon.request("POST", "/opt-out", json.dumps({"target": leaving}), {"Content-Type": "application/json"})
        configuration = tmp_path / "schemathesis.toml"
        configuration.write_text(
            CONFIGURATION.format(
                hooks=Path(__file__).parent / "api_hooks.py",
                examples=examples,
                key=daemon.alias(target).key,
                token=token(daemon, smarthost, target),
                capability=capability(smarthost, leaving),
            )
        )
        run = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "--config-file", configuration, "run", "--no-color",
             "--continue-on-failure", f"{daemon.origin}/openapi.json"],
            cwd=tmp_path, capture_output=True, text=True, timeout=900,
        )  # fmt: skip
        assert run.returncode == 0, run.stdout + run.stderr
        print(run.stdout)
    finally:
        daemon.stop()
