"""The connection to a manager interface: its address, sign-in, rights, silence and loss."""

import asyncio
import contextlib
from datetime import UTC
import re

from aiohttp import ClientSession
import pytest

from custom_components.call_recorder.api.asterisk.client import AsteriskClient
from custom_components.call_recorder.api.client import Capability
from custom_components.call_recorder.api.errors import (
    AccessError,
    CannotConnectError,
    ErrorKey,
    InvalidAuthError,
    InvalidCertificateError,
    RefusedError,
)
from custom_components.call_recorder.api.models import LineAddress
from simulator.asterisk.actions import AmiError, Asked
from simulator.asterisk.switchboard import Block
from tests.helpers.asterisk import SimulatedPbx
from tests.helpers.clock import IdleClock

from .conftest import MakeWatcher, Watcher

_LINE = LineAddress(directory_number="1002")


@pytest.fixture
def pbx(simulated: SimulatedPbx) -> SimulatedPbx:
    """Return the PBX that the client watches."""
    return simulated


def _actions_asked(pbx: SimulatedPbx) -> list[str]:
    """Return what was asked on the connections that are open."""
    sessions = pbx.asterisk.sessions
    return [asked["Action"] for session in sessions for asked in session.asked]


async def test_secret_is_not_sent(simulated: SimulatedPbx, watcher: Watcher) -> None:
    """Test that the manager interface is only shown that we know the secret."""
    asked = [
        action for session in simulated.asterisk.sessions for action in session.asked
    ]
    assert asked[0]["Action"] == "Challenge"
    assert simulated.asterisk.secret not in str(asked)


async def test_only_needed_events(simulated: SimulatedPbx, watcher: Watcher) -> None:
    """Test that a busy PBX is asked for few kinds of events."""
    (session,) = simulated.asterisk.sessions
    filters = [action["Filter"] for action in session.asked if "Filter" in action]
    assert filters == [
        "Event: MixMonitor",
        "Event: Hangup",
        "Event: Newstate",
        "Event: BridgeEnter",
    ]


async def _look_until_refused(watcher: Watcher) -> None:
    """Look at each change, whatever the connection does."""
    while True:
        with contextlib.suppress(CannotConnectError):
            await watcher.client.get_live_state()
        await watcher.wait_for_change()


async def test_secret_was_changed(
    clock: IdleClock, simulated: SimulatedPbx, watcher: Watcher
) -> None:
    """Test that a user who is not known any more is not tried again and again."""
    refusals: list[bytes] = []

    def note_refusal(body: bytes) -> bytes:
        """Take down each refusal."""
        if b"Authentication failed" in body:
            refusals.append(body)
        return body

    simulated.asterisk.rewrite = note_refusal
    simulated.asterisk.users.clear()
    await simulated.crash()
    await simulated.restart()
    with pytest.raises(InvalidAuthError):
        await clock.run(_look_until_refused(watcher))
    await clock.pass_time(1)
    assert not watcher.client.push_connected
    refusals.clear()
    await clock.pass_time(1200)
    assert len(refusals) in (3, 4)


async def test_too_few_rights(
    simulated: SimulatedPbx, make_watcher: MakeWatcher
) -> None:
    """Test a user who may not even list the calls."""
    settings = simulated.settings
    simulated.asterisk.users["poor"] = (settings["password"], {"call"})
    with pytest.raises(AccessError) as caught:
        async with make_watcher({**settings, "username": "poor"}):
            pass
    assert caught.value.key is ErrorKey.INSUFFICIENT_PERMISSIONS


async def test_starting(simulated: SimulatedPbx, watcher: Watcher) -> None:
    """Test that a PBX that still starts cannot be asked, and is no PBX without calls."""
    simulated.asterisk.actions.is_starting = True
    await simulated.call("601")
    with pytest.raises(CannotConnectError):
        await watcher.client.get_live_state()
    simulated.asterisk.actions.is_starting = False
    await watcher.wait_for_recording()


async def test_failed_setup_leaves_no_connection(
    simulated: SimulatedPbx, session: ClientSession
) -> None:
    """Test that no connection is kept when this client is not used again."""
    simulated.asterisk.actions.is_starting = True
    await simulated.call("601")
    client = AsteriskClient(session, simulated.settings, time_zone=UTC)
    with pytest.raises(CannotConnectError):
        await client.get_live_state()
    async with asyncio.timeout(10):
        while simulated.asterisk.sessions:
            await asyncio.sleep(0)


async def test_tls(make_watcher: MakeWatcher, socket_enabled: None) -> None:
    """Test the manager interface behind TLS, with a certificate of its own making."""
    pbx = SimulatedPbx(tls=True)
    await pbx.start()
    settings = pbx.watcher_settings
    assert settings["ssl"] and not settings["verify_ssl"]
    async with make_watcher(settings) as watcher:
        await pbx.call("601")
        await watcher.wait_for_recording()
    # The server's side of a refused handshake is no fault of ours.
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    with pytest.raises(InvalidCertificateError):
        async with make_watcher({**settings, "verify_ssl": True}):
            pass
    await pbx.stop()
    await asyncio.get_running_loop().shutdown_default_executor()


async def test_no_tls(simulated: SimulatedPbx, make_watcher: MakeWatcher) -> None:
    """Test a port that speaks no TLS."""
    with pytest.raises(CannotConnectError):
        async with make_watcher({**simulated.settings, "ssl": True}):
            pass


@pytest.mark.parametrize(
    "host",
    [
        *("", "http://pbx", "a b", "pbx/ami", "user@pbx"),
        *("pbx:5038", "10.0.0.1:5038", "[::1]:5038", "a..b", "x" * 64),
    ],
)
def test_invalid_host(host: str) -> None:
    """Test what is no host."""
    with pytest.raises(ValueError, match="host"):
        AsteriskClient.normalize({"host": host, "username": "a", "password": "b"})


@pytest.mark.parametrize("host", ["::1", "[::1]", " FE80::1%eth0 ", "b\u00fcro.local"])
def test_valid_host(host: str) -> None:
    """Test hosts that have more than letters and dots."""
    cleaned = AsteriskClient.normalize({"host": host, "username": "a"})
    assert AsteriskClient.normalize(cleaned) == cleaned


def test_normalize() -> None:
    """Test that addresses are cleaned, and that nothing of ARI stays without its URL."""
    settings = {"host": " PBX.local ", "username": "a", "ari_username": "b"}
    assert AsteriskClient.normalize(settings) == {"host": "pbx.local", "username": "a"}
    url = {"ari_url": "http://pbx:8088/pre/ari/recordings"}
    cleaned = AsteriskClient.normalize({**settings, **url})
    assert cleaned["ari_url"] == "http://pbx:8088/pre"
    assert cleaned["ari_username"] == "b"


def test_encrypted() -> None:
    """Test that the secret of the manager user never travels in clear."""
    assert AsteriskClient.is_encrypted({})
    assert AsteriskClient.is_encrypted({"ari_url": "https://pbx"})
    assert not AsteriskClient.is_encrypted({"ari_url": "http://pbx"})


# --- Silence and loss ---


async def test_silence(
    clock: IdleClock, simulated: SimulatedPbx, watcher: Watcher
) -> None:
    """Test that a PBX is out of reach that says nothing more on an open connection."""
    await simulated.call("601")
    active = await watcher.wait_for_recording()
    (frozen,) = simulated.asterisk.sessions
    simulated.asterisk.rewrite = lambda body: b""
    # No poll helps: the connection has to be tried by itself.
    while watcher.client.push_connected:
        await clock.run(watcher.wait_for_change())
    with pytest.raises(CannotConnectError):
        await clock.run(watcher.client.get_live_state())
    simulated.asterisk.rewrite = bytes
    await clock.pass_time(30)
    assert watcher.client.push_connected
    assert frozen not in simulated.asterisk.sessions
    assert (await watcher.wait_for_recording()).id == active.id


async def test_quiet_pbx(
    clock: IdleClock, simulated: SimulatedPbx, watcher: Watcher
) -> None:
    """Test that a PBX without calls is tried every 30 seconds, and stays connected."""
    await watcher.wait_for_none()
    sessions = list(simulated.asterisk.sessions)
    await clock.pass_time(601)
    assert watcher.client.push_connected
    assert simulated.asterisk.sessions == sessions
    assert _actions_asked(simulated).count("Ping") in (19, 20)


@pytest.mark.parametrize("outage", [0, 3, 21, 52])
async def test_outage(
    clock: IdleClock, simulated: SimulatedPbx, watcher: Watcher, outage: int
) -> None:
    """Test that a restart is noticed within five seconds, and all is read at once."""
    await simulated.call("601")
    await watcher.wait_for_recording()
    await simulated.crash()
    await clock.pass_time(outage)
    assert not watcher.client.push_connected
    await simulated.restart()
    await simulated.call("601")
    await clock.pass_time(5.1)
    assert watcher.client.push_connected
    # By a push, not by a poll.
    await watcher.wait_for_change()
    state = await watcher.client.get_live_state()
    assert state.recordings is not None
    assert len(state.recordings) == 1


async def test_second_outage(
    clock: IdleClock, simulated: SimulatedPbx, watcher: Watcher
) -> None:
    """Test that after a long outage, and a minute of peace, the next is noticed soon."""
    for outage in (300, 21):
        await simulated.crash()
        await clock.pass_time(outage)
        assert not watcher.client.push_connected
        await simulated.restart()
        await clock.pass_time(5.1 if outage < 60 else 61)
        assert watcher.client.push_connected
        await clock.pass_time(61)


# --- Rights and refusals ---


@pytest.mark.parametrize(
    ("command", "capability"),
    [
        ("MixMonitor", Capability.START),
        ("StopMixMonitor", Capability.STOP),
        ("MixMonitorMute", Capability.PAUSE),
    ],
)
async def test_capability_of_a_command(
    simulated: SimulatedPbx,
    make_watcher: MakeWatcher,
    command: str,
    capability: Capability,
) -> None:
    """Test that only what ListCommands names can be done."""
    listed = f"\r\n{command}: \r\n".encode()
    async with make_watcher(simulated.settings) as watcher:
        everything = watcher.client.capabilities
    assert everything >= {capability, Capability.ARCHIVE}
    simulated.asterisk.rewrite = lambda body: body.replace(listed, b"\r\n")
    async with make_watcher(simulated.settings) as watcher:
        assert watcher.client.capabilities == everything - {capability}


@pytest.mark.parametrize(
    ("action", "message", "key"),
    [
        ("MixMonitor", "No such channel", ErrorKey.NO_CONNECTED_CALL),
        ("MixMonitor", "Permission denied", ErrorKey.NOT_AUTHORIZED),
        ("MixMonitor", "No more today", ErrorKey.REQUEST_REFUSED),
        ("StopMixMonitor", "No such channel", ErrorKey.NOT_ACTIVE_RECORDING),
        (
            "StopMixMonitor",
            "Could not stop monitoring channel",
            ErrorKey.NOT_ACTIVE_RECORDING,
        ),
        ("StopMixMonitor", "Permission denied", ErrorKey.NOT_AUTHORIZED),
        ("MixMonitorMute", "No such channel", ErrorKey.NOT_ACTIVE_RECORDING),
        ("MixMonitorMute", "Cannot set mute flag", ErrorKey.NOT_ACTIVE_RECORDING),
        ("MixMonitorMute", "Permission denied", ErrorKey.NOT_AUTHORIZED),
    ],
)
async def test_refused_command(
    simulated: SimulatedPbx,
    watcher: Watcher,
    action: str,
    message: str,
    key: ErrorKey,
) -> None:
    """Test what the answers of Asterisk mean."""

    def refuse(asked: Asked) -> list[Block]:
        """Answer with an error."""
        raise AmiError(message)

    await simulated.call("501" if action == "MixMonitor" else "601")
    actions = simulated.asterisk.actions
    actions.by_name = {**actions.by_name, action: refuse}
    commands = {
        "MixMonitor": lambda: watcher.client.start_recording(_LINE, None),
        "StopMixMonitor": lambda: watcher.client.stop_recording(None, _LINE),
        "MixMonitorMute": lambda: watcher.client.pause_recording(None, _LINE),
    }
    with pytest.raises(RefusedError) as caught:
        await commands[action]()
    assert caught.value.key is key
    if key is ErrorKey.REQUEST_REFUSED:
        assert message in str(caught.value.text)


async def test_unreadable_answer_to_a_command(
    simulated: SimulatedPbx, watcher: Watcher
) -> None:
    """Test that a command may have been carried out whose answer is none."""
    await simulated.call("601")
    await watcher.wait_for_recording()
    bare = re.compile(rb"Response: Success\r\nActionID: \S+\r\n\r\n")
    simulated.asterisk.rewrite = lambda body: bare.sub(b"Output: x\r\n" * 10_000, body)
    with pytest.raises(RefusedError) as caught:
        await watcher.client.pause_recording(None, _LINE)
    assert caught.value.key is ErrorKey.OUTCOME_UNKNOWN
