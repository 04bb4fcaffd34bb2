"""Asks a client for everything while the answers are spoiled, and looks at what comes out."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
import json
from typing import Any, Final
from unittest.mock import patch

from aiohttp import ClientSession
import orjson

from custom_components.call_recorder.api import client_class
from custom_components.call_recorder.api.asterisk import wire
from custom_components.call_recorder.api.bandwidth.client import BandwidthClient
from custom_components.call_recorder.api.client import RecorderClient
from custom_components.call_recorder.api.errors import RecorderError
from custom_components.call_recorder.api.models import (
    ActiveRecording,
    ActiveRecordingFilter,
    LineAddress,
    LiveState,
    Recording,
    RecordingPage,
    RecordingQuery,
)
from custom_components.call_recorder.recording_json import (
    active_as_json,
    fields_as_json,
)
from homeassistant.helpers.json import json_bytes
from simulator.asterisk import Asterisk
from simulator.faults import Fault
from simulator.office import Office
from simulator.recorder import Recorder
from simulator.server import Simulator
from simulator.yeastar import Yeastar

MOST_REQUESTS: Final = 400
"""Of a round: more means that the client goes round in a circle."""
LONGEST_TEXT: Final = 2_000
LONGEST_ROUND: Final = 60.0
"""Seconds, on a slow machine too."""

type Rewrite = Callable[[bytes], bytes]


class Finding(AssertionError):
    """Something that a recorder's answer must not bring about."""


@dataclass
class Bench:
    """A simulated recorder with calls and an archive, for one round after the other."""

    recorder: Recorder
    answers: list[bytes] = field(default_factory=list)
    """The spoiled answers of the last round."""

    async def run(self, rewrite: Rewrite, *, sign_in: bool = True) -> None:
        """Ask for everything once; raises `Finding`.

        With `sign_in`, the first answers are true ones.
        """
        self.answers.clear()
        self.recorder.requests.clear()

        def spoil(body: bytes) -> bytes:
            if len(self.recorder.requests) > MOST_REQUESTS:
                raise Finding("more requests than one round can need")
            self.answers.append(rewrite(body))
            return self.answers[-1]

        async with ClientSession() as session:
            client = client_class(self.recorder.name)(
                session, self.recorder.settings, time_zone=UTC
            )
            if sign_in:
                check(await client.get_live_state())
            self.recorder.faults.add(Fault("rewrite", rewrite=spoil))
            if isinstance(self.recorder, Asterisk):
                self.recorder.rewrite = spoil
            try:
                # A spoiled answer is often none, and so is a spoiled greeting.
                with (
                    patch(f"{wire.__name__}.ANSWER_TIME", 0.02),
                    patch(f"{wire.__name__}.CONNECT_TIME", 0.02),
                ):
                    async with asyncio.timeout(LONGEST_ROUND):
                        await _ask_everything(client)
            except TimeoutError:
                raise Finding("the round does not end") from None
            finally:
                self.recorder.faults.clear()
                if isinstance(self.recorder, Asterisk):
                    self.recorder.rewrite = bytes
                with suppress(RecorderError):
                    await client.close()
        if len(self.recorder.requests) > MOST_REQUESTS:
            raise Finding("more requests than one round can need")


@asynccontextmanager
async def bench(name: str) -> AsyncGenerator[Bench]:
    """Run a simulated recorder."""
    office = Office(seed=1, archive_size=40)
    for line in ("101", "102", "103"):
        office.start_recording(office.connect(line))
    async with Simulator(office, only=[name]) as simulator:
        recorder: Recorder = getattr(simulator, name)
        if isinstance(recorder, Yeastar):
            # A token whose answer was spoiled is lost: the eighth would end it all.
            recorder.tokens.limit = 1_000_000
        with patch.object(BandwidthClient, "request_interval", 0.0):
            yield Bench(recorder)


async def _ask_everything(client: RecorderClient) -> None:
    """Call each method; an error that belongs to a recorder is an answer too."""
    states: list[LiveState] = []

    async def live() -> Any:
        states.append(await client.get_live_state())
        return states[-1]

    await _ask(live)
    await _ask(live)
    number = LineAddress(directory_number="101")
    await _ask(
        lambda: client.get_active_recordings(
            ActiveRecordingFilter(directory_number="101")
        )
    )
    await _ask(lambda: client.find_active_recording(number))
    page = await _ask(lambda: client.get_recordings(RecordingQuery(limit=5)))
    for _ in range(3):
        if not isinstance(page, RecordingPage) or page.next_cursor is None:
            break
        cursor = page.next_cursor
        page = await _ask(
            lambda cursor=cursor: client.get_recordings(  # type: ignore[misc]
                RecordingQuery(limit=5, cursor=cursor)
            )
        )
    await _ask(lambda: client.get_recordings(RecordingQuery(number="+15551234")))
    await _ask(client.get_oldest_start)
    if isinstance(page, RecordingPage) and page.recordings:
        await _ask(lambda: _play(client, page.recordings[0].id))
    if states and states[-1].recordings:
        active = states[-1].recordings[0]
        await _ask(lambda: client.find_archived(active))
        await _ask(lambda: client.get_recording(active.id))
    await _ask(lambda: client.start_recording(number, None))
    await _ask(lambda: client.stop_recording(None, number))


async def _play(client: RecorderClient, recording_id: str) -> Any:
    """Download a recording; its audio is what is announced."""
    async with client.download(recording_id) as audio:
        received = 0
        async for chunk in audio.chunks:
            received += len(chunk)
    if not audio.content_type.startswith("audio/"):
        raise Finding("what is played is no audio")
    if audio.size not in (None, received):
        raise Finding("another size than announced")
    return audio.content_type


async def _ask(method: Callable[[], Awaitable[Any]]) -> Any:
    """Return what a method returns; `None` when it raises what it may raise."""
    try:
        answer = await method()
    except RecorderError as err:
        check(str(err))
        return None
    except Finding:
        raise
    except Exception as err:
        raise Finding(f"{type(err).__name__} instead of a RecorderError") from err
    check(answer)
    return answer


def check(value: Any, name: str = "answer") -> None:
    """Raise `Finding` unless the data is valid, and can be written as JSON."""
    if is_dataclass(value):
        _check_as_a_whole(value, name)
        for part in fields(value):
            if part.name != "duration_of":
                check(getattr(value, part.name), f"{name}.{part.name}")
    elif isinstance(value, tuple | list | frozenset | set):
        for part in value:
            check(part, name)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            check(key, f"{name}.id")
            check(part, name)
    else:
        _check_value(value, name)


def _check_value(value: Any, name: str) -> None:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise Finding(f"{name} has no zone")
        value.astimezone(UTC)
        orjson.dumps(value)
    elif isinstance(value, timedelta):
        if not timedelta() <= value <= timedelta(days=40_000):
            raise Finding(f"{name} is no duration")
    elif isinstance(value, str) and not isinstance(value, Enum):
        _check_text(value, name)
    else:
        _check_json(value, name)


def _check_as_a_whole(value: Any, name: str) -> None:
    """Look at what Home Assistant makes of an answer."""
    if isinstance(value, LiveState):
        for recording in value.recordings or ():
            check(value.duration_of(recording), f"{name}.duration")
    elif isinstance(value, ActiveRecording):
        _check_written(active_as_json(value, None), name)
    elif isinstance(value, Recording):
        _check_written(fields_as_json(value), name)


def _check_written(value: Any, name: str) -> None:
    """What events, responses and the card are given is what Home Assistant writes."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        written = json_bytes(value)
    except ValueError, TypeError:
        raise Finding(f"{name} cannot be written by Home Assistant") from None
    if json.loads(written) != value:
        raise Finding(f"{name} is read as something else")


def _check_json(value: Any, name: str) -> None:
    """Home Assistant writes JSON with orjson: whole numbers have 64 bits there."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
        orjson.dumps(value)
    except ValueError, TypeError:
        raise Finding(f"{name} cannot be written as JSON") from None


def _check_text(value: str, name: str) -> None:
    _check_json(value, name)
    if len(value) > LONGEST_TEXT:
        raise Finding(f"{name} has no limit")
    if name.endswith((".id", ".call_id")) and not value.isprintable():
        raise Finding(f"{name} has control characters")
    if "\x00" in value:
        raise Finding(f"{name} has a NUL")
