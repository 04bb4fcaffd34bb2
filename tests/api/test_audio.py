"""A recording's audio, as recorders send it."""

from collections.abc import AsyncGenerator
import gzip

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict
import pytest
from yarl import URL

from custom_components.call_recorder.api.audio import audio_type, audio_type_of_name
from custom_components.call_recorder.api.errors import (
    CannotConnectError,
    UnexpectedResponseError,
)
from custom_components.call_recorder.api.transport import Transport

_WAV = b"RIFF\x24\x10\x00\x00WAVEfmt " + bytes(40_000)
_MP3 = b"\xff\xfb\x90\x64" + bytes(4_000)


class _Recorder:
    """Sends one answer, whatever is asked for."""

    def __init__(self) -> None:
        """Start with a proper one."""
        self.body = _WAV
        self.headers: CIMultiDict[str] = CIMultiDict({"Content-Type": "audio/wav"})
        self.announced: int | None = None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send the answer; one that is announced as longer breaks off."""
        if self.announced is None:
            return web.Response(body=self.body, headers=self.headers)
        response = web.StreamResponse(headers=self.headers)
        response.content_length = self.announced
        await response.prepare(request)
        await response.write(self.body)
        assert request.transport is not None
        request.transport.close()
        return response


@pytest.fixture
def recorder() -> _Recorder:
    """Return the recorder."""
    return _Recorder()


@pytest.fixture
async def transport(
    socket_enabled: None, recorder: _Recorder
) -> AsyncGenerator[Transport]:
    """Return a transport to the recorder."""
    app = web.Application()
    app.router.add_get("/audio", recorder.answer)
    async with TestServer(app) as server, ClientSession() as session:
        yield Transport(session, URL(str(server.make_url("/"))), {})


async def _read(transport: Transport) -> tuple[str, int | None, bytes]:
    """Return type, announced size and content of the audio."""
    async with transport.download("/audio") as audio:
        content = b"".join([chunk async for chunk in audio.chunks])
    return audio.content_type, audio.size, content


@pytest.mark.parametrize(
    "declared",
    [
        "audio/wav",
        "audio/x-wav",
        "Audio/Wave; charset=binary",
        "application/octet-stream",
        "",
        # Not even a type; and what some servers say of every file.
        "wav",
        "text/plain",
        "application/x-wav",
        "audio/s-wav",
        "audio/l16",
        "video/mp4",
        # The file is what it is, whatever is said.
        "audio/mpeg",
    ],
)
async def test_the_first_bytes_decide(
    transport: Transport, recorder: _Recorder, declared: str
) -> None:
    """A WAV file is played as one, however it is declared."""
    recorder.headers["Content-Type"] = declared
    assert await _read(transport) == ("audio/wav", len(_WAV), _WAV)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (_WAV[:12], "audio/wav"),
        (_MP3[:12], "audio/mpeg"),
        (b"ID3\x04\x00", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"OggS\x00\x02", "audio/ogg"),
        (b"fLaC\x00\x00", "audio/flac"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"#!AMR\n", "audio/amr"),
        (b".snd\x00\x00", "audio/basic"),
    ],
)
def test_types_by_first_bytes(head: bytes, expected: str) -> None:
    """Every kind of audio is known by its first bytes."""
    assert audio_type("application/octet-stream", head) == expected


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("audio/x-wav", "audio/wav"),
        ("audio/mp3", "audio/mpeg"),
        ("audio/gsm", "audio/gsm"),
    ],
)
def test_types_by_declaration(declared: str, expected: str) -> None:
    """What the first bytes do not show is what it is declared as."""
    assert audio_type(declared, b"") == expected
    assert audio_type(declared, b"\x00" * 12) == expected


@pytest.mark.parametrize(
    ("declared", "body"),
    [
        ("text/html", b"<html>Sign in</html>"),
        ("text/html", _WAV),
        ("application/problem+json", _WAV),
        ("application/xhtml+xml", _WAV),
        ("text/plain", b"Sign in first, please"),
        ("application/json", b'{"errcode": 10004}'),
        ("audio/svg+xml", b"<svg onload=alert(1)>"),
        ("audio/x-mystery", b"\x00" * 12),
        ("audio/\u00fc", b"\x00" * 12),
        ("audio/wav, audio/wav", b"\x00" * 12),
        ("multipart/x-mixed-replace; boundary=x", b"\x00" * 12),
        ("application/octet-stream", b"<html>Sign in</html>"),
        ("", b"{}"),
        ("", b""),
    ],
)
async def test_no_audio(
    transport: Transport, recorder: _Recorder, declared: str, body: bytes
) -> None:
    """Pages, JSON and what is not known are no audio."""
    recorder.headers["Content-Type"], recorder.body = declared, body
    with pytest.raises(UnexpectedResponseError, match="no audio"):
        await _read(transport)


async def test_the_size_of_encoded_audio_is_unknown(
    transport: Transport, recorder: _Recorder
) -> None:
    """What is announced for a compressed answer is not the size of the audio."""
    recorder.headers["Content-Encoding"] = "gzip"
    recorder.body = gzip.compress(_WAV)
    assert await _read(transport) == ("audio/wav", None, _WAV)


async def test_other_encodings_are_refused(
    transport: Transport, recorder: _Recorder
) -> None:
    """What could not be decoded is not passed on as audio."""
    recorder.headers["Content-Encoding"] = "compress"
    with pytest.raises(UnexpectedResponseError, match="encoded audio"):
        await _read(transport)


@pytest.mark.parametrize(
    "encodings", [("gzip", "identity"), ("identity", "gzip"), ("gzip", "gzip")]
)
async def test_several_encodings(
    transport: Transport, recorder: _Recorder, encodings: tuple[str, str]
) -> None:
    """Of a header that comes twice, what was decoded is not known."""
    for encoding in encodings:
        recorder.headers.add("Content-Encoding", encoding)
    recorder.body = gzip.compress(_WAV)
    with pytest.raises(UnexpectedResponseError, match="encoded audio"):
        await _read(transport)


@pytest.mark.parametrize("announced", [1024**3 + 1, 2**62, 2**64 - 1])
async def test_too_large(
    transport: Transport, recorder: _Recorder, announced: int
) -> None:
    """Nothing is read of audio that is announced as too large to be kept."""
    recorder.announced = announced
    with pytest.raises(UnexpectedResponseError, match="too large"):
        await _read(transport)


async def test_audio_that_breaks_off(transport: Transport, recorder: _Recorder) -> None:
    """Audio that is shorter than announced is not taken for the whole."""
    recorder.announced = len(_WAV) + 20
    with pytest.raises(CannotConnectError):
        await _read(transport)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("20260702-101-inbound.wav", "audio/wav"),
        ("a.b.MP3", "audio/mpeg"),
        ("wav", "audio/wav"),
        ("a.exe", None),
        ("", None),
        (None, None),
    ],
)
def test_types_by_name(name: str | None, expected: str | None) -> None:
    """The name of a file says what it will be."""
    assert audio_type_of_name(name) == expected
