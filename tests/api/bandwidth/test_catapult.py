"""How Bandwidth is asked: credentials, pace, errors and Links.

rateLimits/resourceRateLimits.md: `/recordings`, `/calls` and `/media` take one request
per 1000 ms each. Link headers: methods/messages/getMessages.md and the SDKs' tests.
"""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC
import json
import socket
import time
from typing import override

from aiohttp import ClientSession, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult
from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.call_recorder.api.bandwidth import DEFAULT_URL
from custom_components.call_recorder.api.bandwidth.catapult import Catapult, page_query
from custom_components.call_recorder.api.bandwidth.client import BandwidthClient
from custom_components.call_recorder.api.errors import (
    AccessError,
    CannotConnectError,
    InvalidAuthError,
    RecorderError,
    UnexpectedResponseError,
)
from custom_components.call_recorder.api.models import LineAddress
from simulator.bandwidth import Bandwidth
from simulator.bandwidth.identifiers import bandwidth_id
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.bandwidth import (
    USER,
    MemoryStorage,
    PacedClient,
    asked,
    open_client,
    rows_fault,
)


@pytest.fixture
def office() -> Office:
    """Return an office in real time."""
    return Office(seed=1, archive_size=1_200)


@pytest.fixture
async def recorder(office: Office, socket_enabled: None) -> AsyncGenerator[Bandwidth]:
    """Run the account's server, which keeps to its limit."""
    async with Simulator(office, only=["bandwidth"]) as simulator:
        simulator.bandwidth.limits_rate = True
        yield simulator.bandwidth


# --- Pace ---


async def test_pace(office: Office, recorder: Bandwidth) -> None:
    """Polls, the walk and orders together stay within the limit of each endpoint."""
    call = office.connect("101")
    line = LineAddress(directory_number=call.line.phone_number)
    async with open_client(recorder, kind=PacedClient) as client:
        listening = asyncio.create_task(client.listen(lambda: None))
        start = time.monotonic()
        await asyncio.gather(
            client.get_live_state(),
            client.get_live_state(),
            client.start_recording(line, None),
        )
        state = await client.get_live_state()
        listening.cancel()
    assert state.recordings
    assert len(asked(recorder, "/recordings")) == 4
    assert time.monotonic() - start >= 3


async def test_clients_of_one_account_share_its_limit(recorder: Bandwidth) -> None:
    """The form has just asked when the entry is set up."""
    async with ClientSession() as session:
        for _ in range(2):
            client = PacedClient(session, recorder.settings, time_zone=UTC)
            await client.get_live_state()


@pytest.mark.parametrize("with_header", [True, False])
async def test_limit_reached(recorder: Bandwidth, with_header: bool) -> None:
    """The reset stands in the header and in the body, in milliseconds."""
    recorder.sends_rate_limit_reset = with_header
    async with (
        open_client(recorder, kind=PacedClient) as one,
        open_client(recorder, kind=PacedClient) as other,
    ):
        await one.get_live_state()
        with pytest.raises(CannotConnectError) as err:
            await other.get_live_state()
        assert err.value.retry_after is not None
        assert 1 <= err.value.retry_after <= 2.1
        # The next request waits by itself.
        await other.get_live_state()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X-RateLimit-Reset": "+60000"}, 60),
        # The text says "UNIX timestamp".
        ({"X-RateLimit-Reset": "+60"}, 60),
        # csharp-bandwidth's and go-bandwidth's tests: long past.
        ({"X-RateLimit-Reset": "1479308598680"}, 1),
        ({"X-RateLimit-Reset": "99999999999999"}, 900),
        ({"X-RateLimit-Reset": "soon", "Retry-After": "7"}, 7),
        ({"X-RateLimit-Reset": "soon"}, None),
        ({}, None),
    ],
)
async def test_time_of_the_reset(
    recorder: Bandwidth, headers: dict[str, str], seconds: float | None
) -> None:
    """From 1 s to 15 min; missing, it is the caller's to choose."""
    if (reset := headers.get("X-RateLimit-Reset", "")).startswith("+"):
        now = time.time()
        value = now * 1000 + 60_000 if reset == "+60000" else now + 60
        headers = {"X-RateLimit-Reset": str(int(value))}
    recorder.faults.add(Fault("status", status=429, headers=headers, times=1))
    async with open_client(recorder) as client:
        with pytest.raises(CannotConnectError) as err:
            await client.get_live_state()
        assert err.value.retry_after == (
            None if seconds is None else pytest.approx(seconds, abs=1.5)
        )
        if seconds is not None and seconds > 5:
            # A request before that is refused at once, and nothing is sent.
            recorder.requests.clear()
            with pytest.raises(CannotConnectError) as err:
                await client.get_live_state()
            assert err.value.retry_after
            assert not recorder.requests


async def test_download_does_not_hold_up_the_others(
    office: Office, recorder: Bandwidth
) -> None:
    """A long recording is read while polls go on."""
    async with open_client(recorder, kind=PacedClient) as client:
        async with client.download(_archived(office)) as audio:
            assert audio.content_type == "audio/wav"
            await client.get_live_state()
            chunks = [chunk async for chunk in audio.chunks]
        assert b"".join(chunks).startswith(b"RIFF")


@pytest.mark.parametrize(
    ("status", "key"),
    [
        (401, "invalid_auth"),
        (403, "not_authorized"),
        (404, "recording_not_found"),
        (410, "recording_not_found"),
        (429, "cannot_connect"),
        (500, "cannot_connect"),
        (302, "unexpected_response"),
    ],
)
async def test_refused_download(
    office: Office, recorder: Bandwidth, status: int, key: str
) -> None:
    """404: "The media resource could not be found"."""
    recorder.faults.add(Fault("status", path="/media", status=status))
    async with open_client(recorder) as client:
        with pytest.raises(RecorderError) as err:
            async with client.download(_archived(office)):
                pass
    assert err.value.key == key


def _archived(office: Office) -> str:
    """Return the id of a recording that is complete."""
    return bandwidth_id(office.seed, "r", 7)


# --- Errors ---


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, UnexpectedResponseError),
        (401, InvalidAuthError),
        (403, AccessError),
        (404, CannotConnectError),
        (410, CannotConnectError),
        (418, UnexpectedResponseError),
        (302, UnexpectedResponseError),
        (500, CannotConnectError),
        (503, CannotConnectError),
    ],
)
async def test_errors_of_the_list(
    recorder: Bandwidth, status: int, error: type[Exception]
) -> None:
    """What a status means, without any of what was said."""
    recorder.faults.add(Fault("status", status=status, body="secret"))
    async with open_client(recorder) as client:
        with pytest.raises(error) as err:
            await client.get_live_state()
    assert "secret" not in str(err.value)
    assert recorder.user_id not in str(err.value)


class _Resolver(AbstractResolver):
    """Finds no address for any name."""

    def __init__(self, code: int, *, wrapped: bool) -> None:
        """Fail with a code; `wrapped` as c-ares does, which Home Assistant asks."""
        self._code = code
        self._wrapped = wrapped

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Fail."""
        if self._wrapped:
            raise OSError(None, "text") from OSError(self._code, "text")
        raise socket.gaierror(self._code, "text")

    @override
    async def close(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("code", "wrapped", "gone"),
    [
        (socket.EAI_NONAME, False, True),
        (4, True, True),  # ARES_ENOTFOUND
        (socket.EAI_AGAIN, False, False),
        (12, True, False),  # ARES_ETIMEOUT
    ],
)
async def test_a_name_that_is_gone(
    freezer: FrozenDateTimeFactory,
    code: int,
    wrapped: bool,
    gone: bool,
) -> None:
    """The host's name cannot be found for 15 minutes: the service is gone.

    A name server that cannot be asked is an outage of our own.
    """
    settings = {
        "url": "http://recorder.invalid",
        "user_id": "u-1",
        "api_token": "t",
        "api_secret": "s",
    }
    connector = TCPConnector(resolver=_Resolver(code, wrapped=wrapped))
    async with ClientSession(connector=connector) as session:
        client = BandwidthClient(session, settings, time_zone=UTC)
        for minutes in (0, 1, 13):
            freezer.tick(minutes * 60)
            with pytest.raises(CannotConnectError):
                await client.get_live_state()
        freezer.tick(60)
        with pytest.raises(AccessError if gone else CannotConnectError) as err:
            await client.get_live_state()
        assert err.value.key == ("service_gone" if gone else "cannot_connect")


# --- Settings ---


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        (None, DEFAULT_URL),
        ("", DEFAULT_URL),
        (DEFAULT_URL, DEFAULT_URL),
        (f"{DEFAULT_URL}/v1/users/u-1/recordings/", DEFAULT_URL),
        ("HTTPS://API.Catapult.Inetwork.com:443/", DEFAULT_URL),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_unique_id(url: str | None, origin: str) -> None:
    """Names origin and user, however they are spelled."""
    settings = {"user_id": " u-1 "} | ({} if url is None else {"url": url})
    assert BandwidthClient.unique_id(settings) == f"{origin}|u-1"


@pytest.mark.parametrize("url", ["ftp://x", "catapult", "https://a:b@x"])
def test_no_address(url: str) -> None:
    """An address that is none, or that carries credentials, is refused."""
    with pytest.raises(ValueError, match="address"):
        BandwidthClient.unique_id({"url": url, "user_id": "u-1"})


async def test_credentials(recorder: Bandwidth) -> None:
    """Token and secret are HTTP Basic's name and password; blanks are the clipboard's."""
    async with open_client(
        recorder,
        MemoryStorage(),
        url=f"{recorder.url}/v1/users/someone/recordings",
        user_id=f" {recorder.user_id}\n",
        api_token=f"{recorder.api_token} ",
        api_secret=f" {recorder.api_secret}",
    ) as client:
        await client.get_live_state()
    (request,) = recorder.requests
    assert request.path == f"{USER}/recordings"
    assert request.headers["Authorization"].startswith("Basic ")
    assert request.headers["Accept"] == "application/json"


# --- Links ---


@pytest.mark.parametrize(
    ("link", "query"),
    [
        # getMessages.md.
        (
            '<{list}?sortKeyLT=1458576004287000989&size=1>; rel="next"',
            {"sortKeyLT": "1458576004287000989", "size": "1"},
        ),
        (
            '<{list}?page=0&size=25>; rel="first", <{list}?page=1&size=25>; rel="next"',
            {"page": "1", "size": "25"},
        ),
        # python-bandwidth: relative.
        ('<recordings?page=1&size=25>; rel="next"', {"page": "1", "size": "25"}),
        (f'<{USER}/recordings/?page=1>; rel="next"', {"page": "1", "size": "2"}),
        # node-bandwidth: single quotes.
        (
            "<{list}?page=1>; rel='first', <{list}?page=2>; rel='next'",
            {"page": "2", "size": "2"},
        ),
        ("<{list}?page=1>;rel=next", {"page": "1", "size": "2"}),
        # Where the list goes on is not said: page by page, then.
        ('<{list}>; rel="next"', {"page": "1", "size": "2"}),
        # csharp-bandwidth: without `;` it is no link.
        ('<{list}?page=1> rel="next"', None),
        ('{list}?page=1; rel="next"', None),
        ('<{list}?page=1; rel="next"', None),
        ('<{list}?page=1>; rel="prev"', None),
        ('<{list}?page=1>; rel="nextish"', None),
        ('<{list}?page=1>; title="rel=next"', None),
        ("", None),
        # Another host, another port, another list.
        (f'<https://elsewhere.invalid{USER}/recordings?page=1>; rel="next"', None),
        (f'<//elsewhere.invalid{USER}/recordings?page=1>; rel="next"', None),
        (f'<http://127.0.0.1:1{USER}/recordings?page=1>; rel="next"', None),
        ('</v1/users/u-2/recordings?page=1>; rel="next"', None),
        ('<http://[bad/?page=1>; rel="next"', None),
        ('<https://x:port/?page=1>; rel="next"', None),
        ('<https://[]@>; rel="next"', None),
        pytest.param(
            '<{list}?page=1>; rel="next", ' + "<?page=2>, " * 400, None, id="too many"
        ),
    ],
)
async def test_link(
    recorder: Bandwidth, link: str, query: dict[str, str] | None
) -> None:
    """Every spelling that the vendor or its SDKs know leads on in the same list."""
    headers = {"Link": link.format(list=f"{recorder.url}{USER}/recordings")}
    recorder.faults.add(
        Fault(
            "body",
            body='[{"id": "r-1"}]',
            content_type="application/json",
            headers=headers,
        )
    )
    async with ClientSession() as session:
        catapult = Catapult(session, recorder.settings, request_interval=0.0)
        page = await catapult.get_page("recordings", parse=dict, query=page_query(0, 2))
    assert page.next == query


@pytest.mark.parametrize("odd", ["", "abc", "-1", "1e3", "\x00", "9" * 5_000])
@pytest.mark.parametrize("name", ["page", "size"])
async def test_behind_an_odd_link(recorder: Bandwidth, name: str, odd: str) -> None:
    """Whatever a Link has led to, the page that follows is found or there is none."""
    rows = rows_fault([{"id": "r-1"}, {"id": "r-2"}])
    async with ClientSession() as session:
        catapult = Catapult(session, recorder.settings, request_interval=0.0)
        recorder.faults.add(rows)
        asked_for = {**page_query(0, 2), name: odd}
        page = await catapult.get_page("recordings", parse=dict, query=asked_for)
    assert page.count == 2
    assert page.next is None or int(page.next["page"]) in (0, 1, 1001)


async def test_rate_limit_sample(recorder: Bandwidth) -> None:
    """resourceRateLimits.md: the sample's body, which has no message."""
    body = {
        "category": "too-many-requests",
        "code": "rate-limit-reached",
        "details": [
            {"name": "rateLimitResetTime", "value": str(int(time.time() + 60) * 1000)},
            {"name": "requestMethod", "value": "GET"},
        ],
    }
    recorder.faults.add(Fault("status", status=429, body=json.dumps(body)))
    async with open_client(recorder) as client:
        with pytest.raises(CannotConnectError) as err:
            await client.get_live_state()
    assert err.value.retry_after == pytest.approx(60, abs=1.5)


async def test_endless_details(recorder: Bandwidth) -> None:
    """Of an error's details the first ones count, and the others cost nothing."""
    reset = {"name": "rateLimitResetTime", "value": str(int(time.time() + 60) * 1000)}
    for details, is_told in (([reset] * 20_000, True), ([{}] * 20 + [reset], False)):
        recorder.faults.add(
            Fault("status", status=429, body=json.dumps({"details": details}), times=1)
        )
        async with open_client(recorder) as client:
            with pytest.raises(CannotConnectError) as err:
                await client.get_live_state()
        assert (err.value.retry_after is not None) is is_told
