"""What the tests of the Yeastar client share."""

from collections.abc import Callable, Mapping
import json
import time
from typing import Any, Final

from custom_components.call_recorder.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
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


async def act(hass: HomeAssistant, action: str, **data: Any) -> Mapping[str, Any]:
    """Call an action of the only recorder, and return its response."""
    response = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
    assert response is not None
    return response


async def refusal(hass: HomeAssistant, action: str, **data: Any) -> HomeAssistantError:
    """Call an action that is refused, and return the error."""
    try:
        response = await act(hass, action, **data)
    except HomeAssistantError as err:
        return err
    raise AssertionError(f"not refused: {response}")


async def until(hass: HomeAssistant, condition: Callable[[], object]) -> None:
    """Wait until something is so, in real time: a frozen clock does not matter."""
    for _ in range(6000):
        if condition():
            return
        await hass.loop.run_in_executor(None, time.sleep, 0.01)
    raise AssertionError("it did not happen")


def state(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of one of the recorder's entities."""
    found = hass.states.get(entity_id)
    assert found is not None
    return found.state
