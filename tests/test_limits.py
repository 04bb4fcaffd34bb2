"""What a hostile recorder can cost: so many rows, so many requests, and no more."""

from collections.abc import Callable
from itertools import count
import json
from typing import Any, Final

from aiohttp import ClientSession
import pytest

from custom_components.call_recorder.api import client_class
from custom_components.call_recorder.api.errors import UnexpectedResponseError
from custom_components.call_recorder.api.models import RecordingQuery
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator.asterisk import Asterisk
from simulator.faults import Fault
from simulator.office import Office
from simulator.recorder import Recorder
from simulator.server import Simulator
from tests.conftest import Poll, entry_data, set_up_recorder

_TOO_MANY: Final = 40_000
_MOST_REQUESTS: Final = 30
"""Of one poll of the archive and the polls of what is active in the same minute."""


def on_rows(change: Callable[[list[Any]], list[Any]]) -> Callable[[bytes], bytes]:
    """Return what changes the rows of an answer, in a list or in an object."""

    def rewrite(body: bytes) -> bytes:
        answer = json.loads(body)
        if isinstance(answer, list):
            return json.dumps(change(answer)).encode()
        for name, value in answer.items():
            if isinstance(value, list):
                answer[name] = change(value)
        return json.dumps(answer).encode()

    return rewrite


@pytest.fixture
def recorder(office: Office, simulator: Simulator, recorder_name: str) -> Recorder:
    """Return a recorder that has recorded, and records."""
    for _ in range(3):
        call = office.connect("101")
        office.start_recording(call)
        office.hang_up(call)
    office.start_recording(office.connect("101"))
    return simulator.recorders[recorder_name]


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.get_live_state(),
        lambda client: client.get_recordings(RecordingQuery(limit=5)),
    ],
    ids=["live", "archive"],
)
async def test_too_many_rows(recorder: Recorder, ask: Callable[[Any], Any]) -> None:
    """More rows than a recorder can have are not parsed: the answer is none."""
    if isinstance(recorder, Asterisk):
        pytest.skip("other limits, for it has no pages: tests/api/asterisk")

    def multiply(rows: list[Any]) -> list[Any]:
        return [{**rows[0], "id": str(number)} for number in range(_TOO_MANY)]

    async with ClientSession() as session:
        client = client_class(recorder.name)(
            session, recorder.settings, time_zone=dt_util.UTC
        )
        await ask(client)
        recorder.faults.add(Fault("rewrite", rewrite=on_rows(multiply)))
        with pytest.raises(UnexpectedResponseError):
            await ask(client)
        recorder.faults.clear()
        await client.close()


async def test_invented_recordings(
    hass: HomeAssistant, recorder: Recorder, pass_time: Poll
) -> None:
    """An archive in which each answer shows others does not keep us busy."""
    ids = count(10**9)

    def invent(rows: list[Any]) -> list[Any]:
        """Give all rows of a full page new ids, of the kind that they have."""
        page = rows * 50
        return [
            {**row, "id": next(ids) if isinstance(row["id"], int) else f"r-{next(ids)}"}
            for row in page
            if isinstance(row, dict) and "id" in row
        ] or rows

    await set_up_recorder(hass, entry_data(recorder))
    path = {"imagicle": "/Recordings", "yeastar": "/recording"}.get(recorder.name, "")
    recorder.faults.add(Fault("rewrite", path=path, rewrite=on_rows(invent)))
    for _ in range(6):
        recorder.requests.clear()
        await pass_time(61)
        assert len(recorder.requests) <= _MOST_REQUESTS
    recorder.faults.clear()
    await pass_time(301)
