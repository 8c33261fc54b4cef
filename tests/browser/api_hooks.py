"""Hooks of schemathesis: who makes an alias or a token gets it, and uses it.

OpenAPI's links hand on what is in an answer, but not as a bearer, and a name that is made up is nobody's alias; so
what a real client does stands here.
"""

import itertools
from typing import Any

import schemathesis
from schemathesis import Case, HookContext, Response
from schemathesis.core.parameters import ParameterLocation

# Of aliases, by name.
KEYS: dict[str, str] = {}

# Those that may be revoked: not the one with which all is done.
TOKENS: list[str] = []

# The Idempotency-Key that the description gives as an example, and others for every request but the first.
EXAMPLE = "5b1f0f8e-8c0c-4b0a-9d5e-2f6f3f1f7a10"
OTHERS = (f"{EXAMPLE[:-6]}{n:06}" for n in itertools.count())


@schemathesis.hook
def after_call(_context: HookContext, case: Case, response: Response) -> None:
    """Remembers tokens, and the keys of new aliases."""
    if case.operation.path == "/tokens" and response.status_code == 201:
        TOKENS.append(response.json()["token"])
    if case.operation.path == "/aliases" and response.status_code == 201:
        made = response.json()
        for alias in made.get("aliases", [made]):
            KEYS[alias["aid"]] = alias["updatekey"]


@schemathesis.hook
def before_call(_context: HookContext, case: Case, _kwargs: dict[str, Any]) -> None:
    """Names an alias that lives, and presents its key, where a name and a key would have been presented at all."""
    if case.headers and case.headers.get("Idempotency-Key") == EXAMPLE:
        case.headers["Idempotency-Key"] = next(OTHERS)
    if case.operation.path == "/tokens" and case.method == "DELETE" and "Authorization" in (case.headers or {}):
        case.headers["Authorization"] = f"Bearer {TOKENS.pop() if TOKENS else 'ta_void'}"
    if case.operation.path != "/aliases/{aid}" or not KEYS:
        return
    if case.method != "DELETE" and is_made_up(case):
        case.path_parameters["aid"] = next(iter(KEYS))
    key = KEYS.get(case.path_parameters.get("aid"))
    if key and "Authorization" in (case.headers or {}):
        case.headers["Authorization"] = f"Bearer {key}"


def is_made_up(case: Case) -> bool:
    """Whether the name is none that an answer gave, and none that is wrong on purpose."""
    path = case.meta.components.get(ParameterLocation.PATH)
    return case.meta.phase.name.value != "stateful" and path is not None and path.mode.is_positive
