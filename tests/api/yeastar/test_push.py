"""A Yeastar PBX reports by itself that a call started or ended.

Quotes are from the vendor's page "Monitor Events via WebSocket" of the P-Series guide.
"""

import asyncio
from collections.abc import Awaitable, Callable
import json
import logging
import time
from typing import Any, Final

from aiohttp import ClientWebSocketResponse, WSMessage, WSMsgType, web
from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.api.yeastar.client import YeastarClient
from homeassistant.core import HomeAssistant
from simulator.faults import Fault
from simulator.office import Office
from simulator.yeastar import Yeastar
from simulator.yeastar.events import Events
from tests.helpers.clock import Poll, settle, until
from tests.helpers.entries import set_up_recorder
from tests.helpers.states import value
from tests.helpers.yeastar import asked, fault

_ACTIVE: Final = "sensor.yeastar_active_recordings"


# The clock is frozen before anything waits: its first step is a large one.
frozen = pytest.mark.usefixtures("freezer")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the answers to heartbeats that the client has got."""
    answers: list[str] = []
    receive = ClientWebSocketResponse.receive

    async def note(self: ClientWebSocketResponse, *args: Any) -> WSMessage:
        """Note a message; the client reads it before anything else happens."""
        message = await receive(self, *args)
        if message.data == "heartbeat response":
            answers.append(message.data)
        return message

    monkeypatch.setattr(ClientWebSocketResponse, "receive", note)
    return answers


async def until_more(hass: HomeAssistant, answers: list[str], count: int) -> None:
    """Wait until the client has got so many answers."""
    await until(hass, lambda: len(answers) >= count)


async def breathe(hass: HomeAssistant) -> None:
    """Give the network real time, which frozen time is not."""
    await hass.loop.run_in_executor(None, time.sleep, 0.03)


async def stop(
    hass: HomeAssistant, pbx: Yeastar, freezer: FrozenDateTimeFactory
) -> None:
    """Stop the PBX, which takes a moment of frozen time."""
    stopping = hass.async_create_task(pbx.stop())
    while not stopping.done():
        freezer.tick(0.1)
        await breathe(hass)


@pytest.fixture
async def client(
    hass: HomeAssistant, pbx: Yeastar, yeastar: MockConfigEntry
) -> YeastarClient:
    """Return the client of an entry that is set up and pushed to."""
    client: YeastarClient = yeastar.runtime_data.live.client
    await until(hass, lambda: client.push_connected)
    await settle(hass)
    return client


async def test_a_call_within_a_second(
    hass: HomeAssistant, office: Office, pbx: Yeastar, client: YeastarClient
) -> None:
    """No time passes here but what the network takes."""
    (request,) = [req for req in pbx.requests if req.path.endswith("/subscribe")]
    assert request.headers["User-Agent"] == "OpenAPI"
    call = office.connect("101", ringing=True)
    polls = asked(pbx, "/call/query")
    await until(hass, lambda: asked(pbx, "/call/query") > polls)
    office.answer(call)
    await until(hass, lambda: value(hass, _ACTIVE) == "1")
    office.hang_up(call)
    await until(hass, lambda: value(hass, _ACTIVE) == "0")


@pytest.mark.parametrize("as_object", [True, False])
async def test_messages_as_string_or_object(
    hass: HomeAssistant,
    office: Office,
    pbx: Yeastar,
    client: YeastarClient,
    as_object: bool,
) -> None:
    """`msg` "is usually a JSON string inside JSON", but an object on some pages."""
    pbx.message_as_object = as_object
    office.connect("101")
    await until(hass, lambda: value(hass, _ACTIVE) == "1")


@frozen
async def test_polls_become_rare(
    pbx: Yeastar, client: YeastarClient, pass_time: Poll
) -> None:
    """Every 60 seconds are enough."""
    await pass_time(61)
    polls = asked(pbx, "/call/query")
    await pass_time(31)
    assert asked(pbx, "/call/query") == polls
    await pass_time(30)
    assert asked(pbx, "/call/query") == polls + 1


@frozen
async def test_heartbeats(
    hass: HomeAssistant,
    pbx: Yeastar,
    answers: list[str],
    client: YeastarClient,
    pass_time: Poll,
) -> None:
    """The PBX closes a connection "if there is no interaction for 60 seconds"."""
    for number in range(1, 21):
        await pass_time(30.5)
        await until_more(hass, answers, number)
        assert client.push_connected
    assert asked(pbx, "/subscribe") == 1


@frozen
async def test_the_end_of_the_token(
    hass: HomeAssistant,
    pbx: Yeastar,
    answers: list[str],
    client: YeastarClient,
    pass_time: Poll,
) -> None:
    """It dies with the token; the connection with the next one follows at once."""
    for connections in (2, 3):
        # A token is renewed a minute before its half hour is over.
        for _ in range(57):
            before = len(answers)
            await pass_time(30)
            await until_more(hass, answers, before + 1)
        await pass_time(30)
        while asked(pbx, "/subscribe") < connections:
            await breathe(hass)
        await until(hass, lambda: client.push_connected)
    assert asked(pbx, "/subscribe") == 3
    assert asked(pbx, "/get_token") == 1
    assert asked(pbx, "/refresh_token") == 2


@frozen
async def test_a_pbx_that_goes_away(
    hass: HomeAssistant,
    office: Office,
    pbx: Yeastar,
    client: YeastarClient,
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Polls take over, and the push comes back when the PBX does."""
    caplog.set_level(logging.INFO)
    await stop(hass, pbx, freezer)
    await until(hass, lambda: not client.push_connected)
    await settle(hass)
    await pass_time(31, times=30)
    assert value(hass, _ACTIVE) == "unavailable"
    assert not [
        record
        for record in caplog.records
        if record.name.endswith(("yeastar_push", "yeastar", "transport"))
    ]
    await pbx.start()
    await pass_time(301)
    await until(hass, lambda: client.push_connected)
    # What was pushed and what was polled share a poll within a second.
    await pass_time(2)
    office.connect("101")
    await until(hass, lambda: value(hass, _ACTIVE) == "1")


@frozen
@pytest.mark.parametrize(
    "refused",
    [
        Fault("status", path="/subscribe", status=503),
        Fault("status", path="/subscribe", status=404),
        Fault("redirect", path="/subscribe", url="/openapi/v1.0/elsewhere"),
        Fault("login_page", path="/subscribe"),
        Fault("drop", path="/subscribe"),
        fault("/subscribe", '{"errcode": 10001}'),
        fault("/subscribe", '{"errcode": 10004}'),
    ],
    ids=lambda refused: f"{refused.kind} {refused.status or ''} {refused.body}",
)
async def test_a_push_that_is_refused(
    hass: HomeAssistant,
    office: Office,
    pbx: Yeastar,
    yeastar_data: dict[str, Any],
    pass_time: Poll,
    refused: Fault,
) -> None:
    """No harm: polls are enough, and the attempts become rare."""
    pbx.faults.add(refused)
    entry = await set_up_recorder(hass, yeastar_data)
    office.connect("101")
    await pass_time(61, times=60)
    assert value(hass, _ACTIVE) == "1"
    # Within an hour, at 5, 10, 20, 40, 80, 160 seconds, and every five minutes.
    # Each is sent twice where its connection is dropped: aiohttp repeats a GET once.
    sent_for_each = 2 if refused.kind == "drop" else 1
    assert 5 < asked(pbx, "/subscribe") / sent_for_each < 25
    assert asked(pbx, "/elsewhere") == 0
    assert asked(pbx, "/get_token") == 1
    assert not entry.runtime_data.live.client.push_connected


# --- A PBX of another kind ---

type Talk = Callable[[web.WebSocketResponse], Awaitable[None]]
type SetUpTalking = Callable[[Talk], Awaitable[YeastarClient]]


@pytest.fixture(autouse=True)
def talks(monkeypatch: pytest.MonkeyPatch) -> list[Talk]:
    """Let the PBX say something else than it should, once it is in this list."""
    talks: list[Talk] = []
    usual = Events.subscribe

    async def subscribe(self: Events, request: web.Request) -> web.StreamResponse:
        """Answer the request for a websocket."""
        if not talks:
            return await usual(self, request)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await talks[0](socket)
        return socket

    monkeypatch.setattr(Events, "subscribe", subscribe)
    return talks


@pytest.fixture
def talking(
    hass: HomeAssistant, yeastar_data: dict[str, Any], talks: list[Talk]
) -> SetUpTalking:
    """Return a function that sets up an entry for a PBX that talks so."""

    async def set_up_talking(talk: Talk) -> YeastarClient:
        """Set it up."""
        talks.append(talk)
        entry = await set_up_recorder(hass, yeastar_data)
        client: YeastarClient = entry.runtime_data.live.client
        return client

    return set_up_talking


async def consent(socket: web.WebSocketResponse, errcode: Any = 0) -> None:
    """Read what is subscribed to, and agree to it."""
    message = await socket.receive()
    assert message.type is WSMsgType.TEXT
    # "{"topic_list":[30011,30012]}"
    assert json.loads(message.data) == {"topic_list": [30011, 30012]}
    await socket.send_json({"errcode": errcode, "errmsg": "SUCCESS"})


@frozen
async def test_heartbeats_that_are_not_answered(
    hass: HomeAssistant,
    talking: SetUpTalking,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A silent PBX does not count as one that pushes; polls take over at once."""
    heard: list[str] = []

    async def talk(socket: web.WebSocketResponse) -> None:
        """Agree, and be silent."""
        await consent(socket, "0")
        while (message := await socket.receive()).type is WSMsgType.TEXT:
            heard.append(message.data)

    client = await talking(talk)
    await until(hass, lambda: client.push_connected)
    freezer.tick(30.5)
    await until(hass, lambda: heard)
    assert heard == ["heartbeat"]
    assert client.push_connected
    freezer.tick(10.5)
    await until(hass, lambda: not client.push_connected)


async def test_messages_that_are_none(
    hass: HomeAssistant,
    pbx: Yeastar,
    office: Office,
    talking: SetUpTalking,
) -> None:
    """They are passed over, and what follows counts."""

    async def talk(socket: web.WebSocketResponse) -> None:
        """Say a lot."""
        await socket.send_json({"type": 30011, "msg": "before the consent"})
        await consent(socket)
        for text in ("", "heartbeat response", "[]", "null", "{", '{"type": "x"}', "7"):
            await socket.send_str(text)
        await socket.send_bytes(b"\xff")
        office.connect("101")
        await socket.send_bytes(b'{"type": "30012", "msg": {}}')
        async for _ in socket:
            pass

    await talking(talk)
    await until(hass, lambda: value(hass, _ACTIVE) == "1")


@frozen
@pytest.mark.parametrize("errcode", [10004, 10005, 10009, 70087, None])
async def test_no_consent(
    pbx: Yeastar,
    talking: SetUpTalking,
    pass_time: Poll,
    errcode: int | None,
) -> None:
    """Then there is no push."""

    async def talk(socket: web.WebSocketResponse) -> None:
        """Refuse, or say nothing."""
        if errcode is not None:
            await consent(socket, errcode)
        await socket.receive()

    client = await talking(talk)
    for _ in range(20):
        await pass_time(31)
        assert not client.push_connected
    assert asked(pbx, "/get_token") == 1


async def test_a_frame_that_is_too_large(
    hass: HomeAssistant,
    pbx: Yeastar,
    talking: SetUpTalking,
) -> None:
    """It ends the connection."""

    async def talk(socket: web.WebSocketResponse) -> None:
        """Say too much."""
        await consent(socket)
        await socket.send_str("x" * (1024 * 1024 + 1))
        await socket.receive()

    client = await talking(talk)
    await until(hass, lambda: asked(pbx, "/subscribe") and not client.push_connected)


@pytest.mark.parametrize("message", ["x", "{}", '{"type": 30011}'])
async def test_a_flood(
    hass: HomeAssistant, pbx: Yeastar, talking: SetUpTalking, message: str
) -> None:
    """So many messages, and then the connection ends: it is not waited for its end."""
    sent, ended = 0, False

    async def talk(socket: web.WebSocketResponse) -> None:
        """Say the same without a pause, however long the client listens."""
        nonlocal sent, ended
        await consent(socket)
        try:
            while sent < 1_000_000:
                for _ in range(100):
                    await socket.send_str(message)
                sent += 100
                await asyncio.sleep(0)
        except ConnectionError:
            ended = True

    client = await talking(talk)
    await until(hass, lambda: ended)
    assert not client.push_connected
    assert 1_000 < sent < 1_000_000
    assert asked(pbx, "/subscribe") == 1
    # Each event asks for a poll; those that come at once share one.
    assert asked(pbx, "/call/query") < 20


async def test_an_unload_ends_it(
    hass: HomeAssistant, pbx: Yeastar, client: YeastarClient, yeastar: MockConfigEntry
) -> None:
    """Nothing goes on behind a recorder that is unloaded, and no token stays out."""
    assert await hass.config_entries.async_unload(yeastar.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert pbx.tokens.valid() == []
    assert not client.push_connected
    assert asked(pbx, "/get_token") == 1
