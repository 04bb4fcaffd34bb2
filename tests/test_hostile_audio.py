"""Audio whose head does not hold: no browser gets more, less or other than it is told."""

import asyncio
from collections.abc import Awaitable, Callable
import gzip
from http import HTTPStatus
from itertools import cycle
from typing import Any, Final

from aiohttp import ClientPayloadError, web
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.call_recorder.const import DOMAIN
from custom_components.call_recorder.views import recording_path
from homeassistant.core import HomeAssistant
from simulator.audio import Audio
from simulator.office import Office
from simulator.recorder import Recorder
from simulator.server import Simulator
from simulator.streaming import cut
from tests.helpers.entries import entry_data, set_up_recorder

_WAV: Final = b"RIFF\x24\x10\x00\x00WAVEfmt " + bytes(2_000)
_ZIPPED: Final = gzip.compress(_WAV)
_UNKNOWN: Final = b"\x01" * 100
_TYPE: Final = b"Content-Type: audio/wav\r\n"
_NO_AUDIO: Final = [
    # Types that no header may have, with bytes that show nothing.
    (b"Content-Type: audio/wav\x01", _UNKNOWN),
    (b"Content-Type: \x00", _UNKNOWN),
    (b"Content-Type: audio/\xff\xfe", _UNKNOWN),
    (b"Content-Type: audio/svg+xml", b"<svg onload=alert(1)>"),
    # Encodings that are not known, or not the only one.
    (_TYPE + b"Content-Encoding: compress", _WAV),
    (_TYPE + b"Content-Encoding: gzip\r\nContent-Encoding: identity", _ZIPPED),
    (_TYPE + b"Content-Encoding: identity, gzip", _ZIPPED),
    (_TYPE + b"Content-Encoding: gzip", _WAV),
    # Sizes that cannot be.
    (_TYPE + b"Content-Length: %d" % (1024**3 + 1), _WAV),
    (_TYPE + b"Content-Length: %d" % 2**62, _WAV),
    (_TYPE + b"Content-Length: %d" % 2**64, _WAV),
    (_TYPE + b"Content-Length: -1", _WAV),
    (_TYPE + b"Content-Length: 30\r\nContent-Length: 50", _WAV),
    (_TYPE + b"Content-Length: 30\r\nTransfer-Encoding: chunked", _WAV),
]
_WHOLE: Final = [
    (b"Content-Length: %d" % len(_WAV), _WAV),
    # What is behind the end is no part of it, and no answer to what is asked next.
    (b"Content-Length: %d" % len(_WAV), _WAV + b"HTTP/1.1 200 OK\r\n\r\n"),
    (b"Content-Encoding: gzip\r\nContent-Length: %d" % len(_ZIPPED), _ZIPPED),
    (b"Content-Encoding: GZIP", _ZIPPED),
    (b"Server: odd", _WAV),
]
_CUT: Final = [
    (b"Content-Length: %d" % (len(_WAV) + 20), _WAV),
    (b"Content-Encoding: gzip\r\nContent-Length: 999", _ZIPPED[:-5]),
]

type Listen = Callable[[bytes, bytes], Awaitable[tuple[int, bytes]]]


@pytest.fixture
async def listen(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    office: Office,
    simulator: Simulator,
    recorder_name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Listen:
    """Return a function that plays one recording after the other, sent as it is told.

    It returns the status and what was heard, and raises for what breaks off.
    """
    for _ in _WHOLE:
        call = office.connect("101")
        office.start_recording(call)
        office.hang_up(call)
    recorder = simulator.recorders[recorder_name]
    entry = await set_up_recorder(hass, entry_data(recorder))
    page: Any = await hass.services.async_call(
        DOMAIN, "get_recordings", {}, blocking=True, return_response=True
    )
    paths = cycle(
        recording_path(entry.entry_id, recording["id"])
        for recording in page["recordings"]
    )
    browser = await hass_client()

    async def listen(head: bytes, body: bytes) -> tuple[int, bytes]:
        async def send(
            self: Recorder, request: web.Request, audio: Audio
        ) -> web.StreamResponse:
            """Send exactly these bytes."""
            assert isinstance(request.transport, asyncio.Transport)
            request.transport.write(b"HTTP/1.1 200 OK\r\n%b\r\n\r\n%b" % (head, body))
            cut(request)
            return web.Response()

        monkeypatch.setattr(Recorder, "media", send)
        async with browser.get(next(paths)) as response:
            return response.status, await response.read()

    return listen


async def test_no_audio(listen: Listen, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be audio is the recorder's fault, and nothing of it is passed on."""
    for head, body in _NO_AUDIO:
        status, heard = await listen(head, body)
        assert (head, status) == (head, HTTPStatus.BAD_GATEWAY)
        assert body not in heard
    assert "Traceback" not in caplog.text


async def test_whole_audio(listen: Listen) -> None:
    """A browser gets the audio whole, whatever its size in the network was."""
    for head, body in _WHOLE:
        assert (head, *await listen(_TYPE + head, body)) == (head, HTTPStatus.OK, _WAV)


async def test_less_than_announced(listen: Listen) -> None:
    """Audio that breaks off is never taken for the whole."""
    for head, body in _CUT:
        try:
            status, heard = await listen(_TYPE + head, body)
        except ClientPayloadError:
            continue
        assert (head, status) == (head, HTTPStatus.BAD_GATEWAY)
        assert body not in heard
