"""What the tests of the Yeastar client share."""

import json
from typing import Any, Final

from simulator.faults import Fault
from simulator.yeastar import Yeastar

BASE: Final = "/openapi/v1.0"


def asked(pbx: Yeastar, path: str = "") -> int:
    """Return how often a call of the API was asked for."""
    return len([request for request in pbx.requests if request.path == BASE + path])


def asked_in_all(pbx: Yeastar) -> list[str]:
    """Return all that was asked for, in its order."""
    return [request.path.removeprefix(BASE) for request in pbx.requests]


def answer(errcode: int | str, **fields: Any) -> str:
    """Return the body of an answer."""
    return json.dumps({"errcode": errcode, "errmsg": "TEST", **fields})


def fault(path: str, body: str, times: int | None = None) -> Fault:
    """Return a fault that answers with a body of our own."""
    return Fault(
        "body", path=path, body=body, times=times, content_type="application/json"
    )
