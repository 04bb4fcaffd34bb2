"""One bounded request to one configured origin."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import json
from typing import Any

from aiohttp import ClientSession, encode_basic_auth
from freezegun.api import FrozenDateTimeFactory
from hypothesis import given, strategies as st
import pytest
from yarl import URL

from custom_components.call_recorder.api.errors import (
    CannotConnectError,
    InvalidAuthError,
    InvalidCertificateError,
    RecorderError,
    RefusedError,
    UnexpectedResponseError,
)
from custom_components.call_recorder.api.reply import Reply
from custom_components.call_recorder.api.transport import (
    Transport,
    parse_address,
    path_segment,
)
from homeassistant.core import HomeAssistant
from simulator.faults import Fault, FaultKind
from simulator.office import Office
from simulator.server import Simulator

API = "/fw/Apps/Recorder/WebAPI"
LIVE = f"{API}/LiveRecordings"
NOW = datetime(2026, 7, 2, 12, tzinfo=UTC)


@pytest.fixture
async def elsewhere(socket_enabled: None) -> AsyncGenerator[Simulator]:
    """Run another server, to which nothing may be sent."""
    async with Simulator(Office(seed=2), only=("imagicle",)) as simulator:
        yield simulator


@pytest.fixture
def transport(session: ClientSession, simulator: Simulator) -> Transport:
    """Return a transport to the simulated Imagicle, with its own vector for Basic."""
    return Transport(
        session,
        URL(simulator.imagicle.url),
        {"Authorization": "Basic bXl1c2VyOm15cGFzc3dvcmQ="},
    )


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("http://imagicle.example", "http://imagicle.example"),
        ("https://imagicle.example/", "https://imagicle.example"),
        (" https://Imagicle.Example:443/ ", "https://imagicle.example"),
        ("http://192.0.2.1:8080", "http://192.0.2.1:8080"),
        (f"https://imagicle.example{LIVE}?a=b#c", "https://imagicle.example"),
        ("https://imagicle.example/FW/apps/", "https://imagicle.example"),
        ("https://[2001:db8::1]:8443/fw", "https://[2001:db8::1]:8443"),
        # What a proxy puts before the API's own path is part of the address.
        ("https://proxy.example/calls/", "https://proxy.example/calls"),
        (f"https://proxy.example/a/b{LIVE}", "https://proxy.example/a/b"),
        ("https://proxy.example/a//b/fw/Apps", "https://proxy.example/a/b"),
        ("https://proxy.example/fwd/x", "https://proxy.example/fwd/x"),
        ("https://proxy.example/a/../b%20c", "https://proxy.example/b%20c"),
    ],
)
def test_addresses(address: str, kept: str) -> None:
    """A pasted address is reduced to what stands before the API's own path."""
    found = parse_address(address, API)
    assert str(found) == kept
    assert str(parse_address(str(found), API)) == kept


@pytest.mark.parametrize(
    "address",
    [
        "",
        "imagicle.example",
        "//imagicle.example",
        "ftp://imagicle.example",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "https:///path",
        "http://imagicle.example:port",
        "http://imagicle.example:99999",
        "http://[",
        "http://[::1",
        "http://imagicle example",
        "http://imagicle.example/a b",
        "http://\x00imagicle.example",
        "http://imagicle.example/" + "x" * 1_000_000,
        "https://myuser:mypassword@imagicle.example",
        "https://myuser@imagicle.example",
        "https://:mypassword@imagicle.example",
    ],
)
def test_no_addresses(address: str) -> None:
    """What is no http(s) address, or carries credentials, is refused."""
    with pytest.raises(ValueError) as refusal:
        parse_address(address, API)
    assert "mypassword" not in str(refusal.value)


@pytest.mark.parametrize(
    "recording_id",
    [
        "",
        ".",
        "..",
        "../Recordings",
        "x/../..",
        "a/b",
        "a?b=c",
        "a#b",
        "%2e%2e",
        "mine%20",
        "a%2Fb",
        "ü",
        "\\..\\x",
        "a b",
        "a\x00",
        "x" * 129,
    ],
)
def test_odd_ids(recording_id: str) -> None:
    """An id that could lead to another place is refused before anything is sent."""
    with pytest.raises(RefusedError, match="invalid_recording_id"):
        path_segment(recording_id)


@given(st.text("abcXYZ0189._~{}=@+:-", min_size=1, max_size=128))
def test_an_id_stays_one_segment(recording_id: str) -> None:
    """Whatever an id holds, it ends where the next part of the path starts."""
    if recording_id in (".", ".."):
        return
    url = URL("http://h").with_path(f"/a/{path_segment(recording_id)}/b", encoded=True)
    assert url.raw_path.count("/") == 3
    assert not url.raw_query_string and not url.raw_fragment
    assert url.parts[2] == recording_id


async def test_a_proxys_path_is_kept(
    session: ClientSession, simulator: Simulator
) -> None:
    """Each request goes below the path that stands before the API's own."""
    address = parse_address(f"{simulator.imagicle.url}/calls{LIVE}", API)
    transport = Transport(session, address, {})
    await transport.request("GET", LIVE)
    with pytest.raises(RecorderError):
        async with transport.download(f"{API}/Recordings/a/Media"):
            pass
    with pytest.raises(RecorderError):
        async with transport.websocket("/openapi/v1.0/subscribe"):
            pass
    assert [request.path for request in simulator.imagicle.requests] == [
        f"/calls{LIVE}",
        f"/calls{API}/Recordings/a/Media",
        "/calls/openapi/v1.0/subscribe",
    ]


async def test_a_request(transport: Transport, simulator: Simulator) -> None:
    """Query, body and the credentials arrive."""
    reply = await transport.request(
        "POST", LIVE, query={"a": "+1:2;3 &="}, body={"deviceName": "SEP1"}
    )
    assert reply.status == 401
    assert not reply.is_success
    [request] = simulator.imagicle.requests
    assert request.query == {"a": "+1:2;3 &="}
    assert json.loads(request.body) == {"deviceName": "SEP1"}
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Authorization"] == "Basic bXl1c2VyOm15cGFzc3dvcmQ="


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(
    transport: Transport, simulator: Simulator, elsewhere: Simulator, status: int
) -> None:
    """Credentials never reach another origin, nor the same one at another path."""
    target = f"{elsewhere.imagicle.url}{LIVE}"
    simulator.imagicle.faults.add(Fault("redirect", url=target, status=status))
    reply = await transport.request("GET", LIVE)
    assert reply.status == status
    assert not elsewhere.imagicle.requests
    assert len(simulator.imagicle.requests) == 1
    with pytest.raises(UnexpectedResponseError):
        reply.raise_for_read()


async def test_an_absolute_address_is_no_path(
    transport: Transport, simulator: Simulator, elsewhere: Simulator
) -> None:
    """A path that looks like an address still goes to the configured origin."""
    await transport.request("GET", f"/{elsewhere.imagicle.url}/x")
    assert not elsewhere.imagicle.requests
    assert len(simulator.imagicle.requests) == 1


@pytest.mark.parametrize("size", [9_000_000, 50_000_000])
async def test_a_body_too_large(
    transport: Transport, simulator: Simulator, size: int
) -> None:
    """Reading stops at 8 MiB."""
    simulator.imagicle.faults.add(Fault("huge_body", size=size, times=1))
    with pytest.raises(UnexpectedResponseError, match="too large"):
        await transport.request("GET", LIVE)
    # The connection is of no use any more, but the next request is.
    assert (await transport.request("GET", LIVE)).status == 401


async def test_a_large_body(transport: Transport, simulator: Simulator) -> None:
    """An answer within the limit is read whole."""
    simulator.imagicle.faults.add(Fault("huge_body", size=8_000_000))
    reply = await transport.request("GET", LIVE)
    assert len(reply.body) > 7_900_000
    assert len(reply.json()) == 123


@pytest.mark.parametrize("kind", ["drop", "drop_after"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", LIVE), ("DELETE", LIVE), ("PUT", f"{LIVE}/Pause")],
)
async def test_a_lost_answer(
    transport: Transport, simulator: Simulator, kind: FaultKind, method: str, path: str
) -> None:
    """An order whose answer is lost may have taken effect; it is sent once.

    aiohttp repeats DELETE and PUT on a connection that was kept, unless told not to.
    """
    await transport.request("GET", LIVE)
    simulator.imagicle.faults.add(Fault(kind))
    with pytest.raises(CannotConnectError) as lost:
        await transport.request(method, path)
    assert lost.value.may_have_arrived
    assert [request.method for request in simulator.imagicle.requests] == [
        "GET",
        method,
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", LIVE), ("DELETE", LIVE), ("PUT", f"{LIVE}/Pause"), ("GET", LIVE)],
)
async def test_half_an_answer(
    session: ClientSession, simulator: Simulator, method: str, path: str
) -> None:
    """An answer that breaks off is none."""
    imagicle = simulator.imagicle
    login = encode_basic_auth(imagicle.username, imagicle.password)
    transport = Transport(session, URL(imagicle.url), {"Authorization": login})
    imagicle.faults.add(Fault("half_body"))
    with pytest.raises(CannotConnectError) as lost:
        await transport.request(method, path, body={"mode": 7})
    assert lost.value.may_have_arrived
    assert len(imagicle.requests) == 1


async def test_nobody_listens(transport: Transport, simulator: Simulator) -> None:
    """A command that never left cannot have taken effect."""
    await simulator.imagicle.stop()
    with pytest.raises(CannotConnectError) as refused:
        await transport.request("POST", LIVE)
    assert not refused.value.may_have_arrived


async def test_a_closed_session(
    transport: Transport, session: ClientSession, simulator: Simulator
) -> None:
    """Home Assistant closes the session on its way down, perhaps during a poll."""
    await session.close()
    with pytest.raises(CannotConnectError):
        await transport.request("GET", LIVE)
    with pytest.raises(CannotConnectError):
        async with transport.download(LIVE):
            pass
    with pytest.raises(CannotConnectError):
        async with transport.websocket(LIVE):
            pass
    assert not simulator.imagicle.requests


async def test_no_answer_in_time(
    transport: Transport, simulator: Simulator, freezer: FrozenDateTimeFactory
) -> None:
    """After 20 seconds the request is given up; the command may have taken effect."""
    simulator.imagicle.faults.add(Fault("hang"))
    order = asyncio.create_task(transport.request("POST", LIVE))
    while not simulator.imagicle.requests:
        await asyncio.sleep(0)
    freezer.tick(19)
    for _ in range(100):
        await asyncio.sleep(0)
    assert not order.done()
    freezer.tick(2)
    with pytest.raises(CannotConnectError) as lost:
        await order
    assert lost.value.may_have_arrived
    simulator.imagicle.faults.clear()


async def test_an_unknown_certificate(
    hass: HomeAssistant, session: ClientSession, socket_enabled: None
) -> None:
    """Nothing is sent to a server whose certificate no authority has signed."""
    # The server's side of the refused handshake is no concern of ours.
    hass.loop.set_exception_handler(None)
    async with Simulator(Office(), tls=True, only=("imagicle",)) as simulator:
        transport = Transport(session, URL(simulator.imagicle.url), {})
        with pytest.raises(InvalidCertificateError) as refused:
            await transport.request("POST", LIVE)
        assert not refused.value.may_have_arrived
        assert not simulator.imagicle.requests


@pytest.mark.parametrize(
    "kind", ["drop", "half_body", "redirect", "login_page", "invalid_json", "huge_body"]
)
async def test_errors_hold_no_address(
    transport: Transport, simulator: Simulator, kind: FaultKind
) -> None:
    """An error shows neither where the request went nor what came back."""
    simulator.imagicle.faults.add(Fault(kind, url="http://secret.example/", times=1))
    with pytest.raises(RecorderError) as error:
        _read(await transport.request("GET", LIVE, query={"access_token": "s3cret"}))
    text = repr(error.value) + repr(error.value.__cause__)
    for secret in ("127.0.0.1", "secret", "s3cret", "bXl1c2Vy", "Sign in"):
        assert secret not in text
    assert error.value.__cause__ is None


def _read(reply: Reply) -> None:
    """Read an answer as every GET does."""
    reply.raise_for_read()
    reply.json()


def _reply(status: int = 200, body: bytes = b"", **headers: str) -> Reply:
    """Return an answer with headers; an underscore stands for a hyphen."""
    return Reply(
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=body,
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("1", 1),
        ("0", 1),
        ("00030", 30),
        ("900", 900),
        ("901", 900),
        ("9" * 400, 900),
        ("Thu, 02 Jul 2026 12:02:00 GMT", 120),
        ("Thu, 02 Jul 2026 12:00:00 GMT", 1),
        ("Thu, 02 Jul 2026 11:00:00 GMT", 1),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 1),
        ("Fri, 03 Jul 2026 12:00:00 GMT", 900),
        # RFC 9110, 5.6.7: the two obsolete forms.
        ("Thursday, 02-Jul-26 12:02:00 GMT", 120),
        ("Thu Jul  2 12:02:00 2026", 120),
        ("Thu, 02 Jul 2026 14:02:00 +0200", 120),
    ],
)
def test_retry_after(text: str, seconds: float) -> None:
    """Seconds or a date are read, within 1 second and 15 minutes."""
    date = format_datetime(NOW, usegmt=True)
    assert _reply(Retry_After=text, Date=date).retry_after == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "-5", "1.5", "1e3", "٣", "12 s", "0x10", "Thu, 99 Jul 2026"]
)
def test_no_retry_after(text: str) -> None:
    """Nonsense asks for nothing."""
    assert _reply(Retry_After=text).retry_after is None


def test_retry_after_is_not_told() -> None:
    """A missing header asks for nothing."""
    assert _reply().retry_after is None


@pytest.mark.parametrize(
    "date",
    [
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 01 Jan 0100 00:00:00 GMT",
        "never",
    ],
)
def test_a_clock_that_cannot_be(freezer: FrozenDateTimeFactory, date: str) -> None:
    """Our own clock stands for one with which no time could be reckoned."""
    freezer.move_to(NOW)
    assert _reply(Date=date).server_time == NOW


def test_a_clock_in_1970() -> None:
    """A recorder that has lost its time counts with its own clock all the same."""
    reply = _reply(Date="Thu, 01 Jan 1970 00:01:00 GMT")
    assert reply.server_time == datetime(1970, 1, 1, 0, 1, tzinfo=UTC)


def test_retry_after_by_our_own_clock(freezer: FrozenDateTimeFactory) -> None:
    """A date counts from our own clock where the recorder's is not reported."""
    freezer.move_to(NOW)
    date = format_datetime(NOW + timedelta(minutes=2), usegmt=True)
    assert _reply(Retry_After=date).retry_after == 120


@given(st.text() | st.from_regex(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{1,8}"))
def test_any_retry_after(text: str) -> None:
    """No header at all raises, or makes us wait longer than 15 minutes."""
    reply = _reply(Retry_After=text, Date=text)
    assert reply.retry_after is None or 1 <= reply.retry_after <= 900


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"<html>", b"[" * 200_000, b"{]", b"null null"]
)
def test_no_json(body: bytes) -> None:
    """What is no JSON is reported as such, however deep or odd it is."""
    with pytest.raises(UnexpectedResponseError, match="no JSON"):
        _reply(body=body).json()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'[{"id": 1}]', [{"id": 1}]),
        (b'\xef\xbb\xbf["a"]', ["a"]),
        ('["ü"]'.encode("utf-16"), ["ü"]),
        # One raw control character, one Latin-1 byte, a name cut inside a character,
        # half of a surrogate pair: only that name looks odd.
        (b'["Ann", "A\x1eB"]', ["Ann", "A\x1eB"]),
        (b'["Ann", "Zo\xeb"]', ["Ann", "Zo\ufffd"]),
        (b'["Ann", "Zo\xc3"]', ["Ann", "Zo\ufffd"]),
        (b'["Ann", "\\ud83d<"]', ["Ann", "\ud83d<"]),
        (b'["Ann", NaN, Infinity]', ["Ann", None, None]),
        (b'["\x1e", 9007199254740993]', ["\x1e", 9007199254740993]),
        (b'["\x1e", ' + b"9" * 5000 + b"]", ["\x1e", None]),
    ],
)
def test_nearly_json(body: bytes, expected: list[Any]) -> None:
    """What is not quite JSON is read as far as it goes."""
    assert _reply(body=body).json() == expected


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes(body: bytes) -> None:
    """Any bytes are JSON, or are reported as none."""
    with suppress(UnexpectedResponseError):
        _reply(body=body).json()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, UnexpectedResponseError),
        (304, UnexpectedResponseError),
        (400, UnexpectedResponseError),
        (401, InvalidAuthError),
        (403, UnexpectedResponseError),
        (404, UnexpectedResponseError),
        (407, UnexpectedResponseError),
        (429, CannotConnectError),
        (500, CannotConnectError),
        (502, CannotConnectError),
        (503, CannotConnectError),
        (504, CannotConnectError),
        (599, CannotConnectError),
    ],
)
def test_failed_reads(status: int, error: type[RecorderError]) -> None:
    """A status that is no success is an error of its kind."""
    with pytest.raises(error):
        _reply(status).raise_for_read()


@pytest.mark.parametrize("status", [200, 201, 204, 206])
def test_successful_reads(status: int) -> None:
    """A success raises nothing."""
    reply = _reply(status)
    reply.raise_for_read()
    assert reply.is_success


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_of_a_failed_read(status: int) -> None:
    """An answer that asks to wait says for how long."""
    with pytest.raises(CannotConnectError) as error:
        _reply(status, Retry_After="120").raise_for_read()
    assert error.value.retry_after == 120
    assert not error.value.may_have_arrived
