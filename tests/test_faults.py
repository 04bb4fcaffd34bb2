"""Every fault, at every recorder, at each moment: what a user sees, and that it passes.

The rows of docs/faults.md are what these tests see. Write them anew by
    WRITE_FAULTS=1 .venv/bin/python -m pytest -n0 tests/test_faults.py
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from http import HTTPStatus
import logging
import os
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientError
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.call_recorder.const import DOMAIN
from homeassistant.components.media_source import Unresolvable, async_resolve_media
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.exceptions import HomeAssistantError
from simulator.asterisk import Asterisk
from simulator.faults import Fault
from simulator.server import RECORDERS as SIMULATED
from simulator.yeastar import Yeastar
from tests.helpers.clock import settle
from tests.helpers.house import FAULTS, JSON_TYPE, House, Trouble
from tests.helpers.states import value

_TABLE: Final = Path(__file__).parents[1] / "docs" / "faults.md"
_MOST_REQUESTS_A_MINUTE: Final = 20
"""A healthy recorder with an active recording is asked about eight times a minute."""


def _errcode(errcode: int, path: str = "") -> Fault:
    """Return an error as Yeastar words them: HTTP 200."""
    body = f'{{"errcode": {errcode}, "errmsg": "TEST"}}'
    return Fault("body", path=path, body=body, content_type=JSON_TYPE)


def _exhaust(pbx: Yeastar) -> None:
    """Let other applications take all tokens."""
    pbx.tokens.revoke_all()
    for _ in range(pbx.tokens.limit):
        pbx.tokens.issue()


def _cut_all(pbx: Asterisk) -> None:
    """Cut all connections of manager users."""
    for session in pbx.sessions:
        session.cut()


def _refuse_secret(pbx: Asterisk) -> None:
    """Change the secret, and cut all connections."""
    pbx.users[pbx.username] = ("another", pbx.users[pbx.username][1])
    _cut_all(pbx)


def _accept_secret(pbx: Asterisk) -> None:
    """Make the secret what it was."""
    pbx.users[pbx.username] = (pbx.secret, pbx.users[pbx.username][1])


_RIGHTS: Final = {"system", "call", "reporting", "command"}


def _take_rights(pbx: Asterisk) -> None:
    """Leave the user no right at all."""
    pbx.users[pbx.username] = (pbx.secret, set())
    _cut_all(pbx)


def _give_rights(pbx: Asterisk) -> None:
    """Give back what `_take_rights` took."""
    pbx.users[pbx.username] = (pbx.secret, _RIGHTS)
    _cut_all(pbx)


def _cut_at_login(pbx: Asterisk) -> None:
    """Cut each connection when the user has signed in."""
    pbx.cut_after = "Login"
    _cut_all(pbx)


def _spoil(rewrite: Callable[[bytes], bytes]) -> Trouble[Asterisk]:
    """Change what the manager interface sends."""
    return Trouble(
        lambda pbx: setattr(pbx, "rewrite", rewrite),
        lambda pbx: setattr(pbx, "rewrite", bytes),
    )


_WRONG_MESSAGES: Final = (
    b"Event: Newchannel\r\n\r\n"
    b"Event: CoreShowChannel\r\nUniqueid\r\nLinkedid: \xff\xfe\x00\r\n\r\n"
    b"Event: MixMonitorStart\r\nChannel: PJSIP/nobody\r\n\r\n"
    b"Response: Success\r\nActionID: -1\r\n\r\n"
)

YEASTAR_FAULTS: Final[dict[str, Fault | Trouble[Yeastar]]] = {
    "tokens revoked": Trouble(lambda pbx: pbx.tokens.revoke_all()),
    "tokens exhausted": Trouble(_exhaust, lambda pbx: pbx.tokens.revoke_all()),
    "every token refused (10004)": _errcode(10004),
    "address blocked (70004)": _errcode(70004),
    "API switched off (70123)": _errcode(70123),
    "failure (-1)": _errcode(-1),
    "access denied (10005)": _errcode(10005),
}
ASTERISK_FAULTS: Final[dict[str, Fault | Trouble[Asterisk]]] = {
    "connections cut": Trouble(_cut_all),
    "secret refused": Trouble(_refuse_secret, _accept_secret),
    "silence on an open connection": Trouble(
        lambda pbx: setattr(pbx, "rewrite", lambda body: b""),
        lambda pbx: setattr(pbx, "rewrite", bytes),
    ),
    "start carried out, then connection cut": Trouble(
        lambda pbx: setattr(pbx, "cut_after", "MixMonitor"),
        lambda pbx: setattr(pbx, "cut_after", ""),
    ),
    "all rights taken away": Trouble(_take_rights, _give_rights),
    "each connection cut after the login": Trouble(
        _cut_at_login, lambda pbx: setattr(pbx, "cut_after", "")
    ),
    "manager interface silent": _spoil(lambda message: b""),
    "HTML from the manager interface": _spoil(lambda message: b"<html>Bad gateway"),
    "messages that break off": _spoil(lambda message: message[: len(message) // 2]),
    "lists without an end": _spoil(
        lambda message: b"" if b"Complete\r\n" in message else message
    ),
    "a line of 1 MB without an end": _spoil(lambda message: b"a" * 1_000_000),
    "unreadable messages among the true ones": _spoil(
        lambda message: message + _WRONG_MESSAGES
    ),
}
HELD: Final = frozenset(
    {"429, Retry-After 600", "tokens exhausted", "address blocked (70004)"}
)
"""Faults after which the recorder is left alone for up to half an hour."""
ALL_FAULTS: Final[dict[str, Fault | Trouble[Any]]] = {
    **FAULTS,
    **YEASTAR_FAULTS,
    **ASTERISK_FAULTS,
}
CASES: Final = [
    *((recorder, name) for recorder in SIMULATED for name in FAULTS),
    *(("yeastar", name) for name in YEASTAR_FAULTS),
    *(("asterisk", name) for name in ASTERISK_FAULTS),
]


@pytest.mark.parametrize(("recorder_name", "name"), CASES, indirect=["recorder_name"])
async def test_fault(
    house: House,
    name: str,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """At set-up, in polls, at a command and while playing."""
    caplog.set_level(logging.INFO)
    fault, minutes = ALL_FAULTS[name], 32 if name in HELD else 8
    cells = [
        await at_set_up(house, fault, minutes),
        await in_polls(house, fault, minutes, caplog),
        await at_a_command(house, fault, minutes),
        await while_playing(house, fault, minutes, hass_client),
    ]
    assert f"custom_components/{DOMAIN}/" not in caplog.text
    _check_cells(name, house.recorder.name, cells)


def _check_cells(fault: str, recorder: str, cells: list[str]) -> None:
    """Compare with the documentation, or write it."""
    table = _read_table()
    if os.environ.get("WRITE_FAULTS"):
        _write_table({**table, (fault, recorder): cells})
    else:
        assert cells == table.get((fault, recorder))


def _read_table() -> dict[tuple[str, str], list[str]]:
    """Return the cells of the table, by fault and recorder."""
    table = {}
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("| ") or line.startswith("| Fault"):
            continue
        fault, recorders, *cells = (cell.strip() for cell in line[1:-1].split("|"))
        for recorder in recorders.lower().split(", "):
            table[fault, recorder] = cells
    return table


def _write_table(table: dict[tuple[str, str], list[str]]) -> None:
    """Write the table anew; recorders with the same cells share a row."""
    head, rule = _TABLE.read_text(encoding="utf-8").partition("|---")[::2]
    lines = [f"{head}|---{rule.splitlines()[0]}"]
    for fault in ALL_FAULTS:
        rows: dict[tuple[str, ...], list[str]] = {}
        for recorder in SIMULATED:
            if (cells := table.get((fault, recorder))) is not None:
                rows.setdefault(tuple(cells), []).append(recorder.capitalize())
        lines += [
            f"| {fault} | {', '.join(recorders)} | {' | '.join(cells)} |"
            for cells, recorders in rows.items()
        ]
    _TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


async def at_set_up(house: House, fault: Fault | Trouble[Any], minutes: int) -> str:
    """Return what a user reads while the recorder is set up; it is, after the fault."""
    house.lay(fault)
    await house.do(house.hass.config_entries.async_setup(house.entry.entry_id))
    state, reason = house.entry.state, house.entry.error_reason_translation_key
    await house.do(settle(house.hass))
    if state is ConfigEntryState.LOADED:
        assert house.active in ("1", "unknown")
    house.mend()
    if state is ConfigEntryState.SETUP_ERROR:
        await house.sign_in_again()
    await house.wait_until(
        lambda: house.entry.state is ConfigEntryState.LOADED and house.active == "1",
        minutes,
    )
    assert house.entry.state is ConfigEntryState.LOADED
    assert house.active == "1"
    return {
        ConfigEntryState.LOADED: "works",
        ConfigEntryState.SETUP_RETRY: f"`{reason}`, tried again",
        ConfigEntryState.SETUP_ERROR: f"`{reason}`, asks to sign in",
    }[state]


async def in_polls(
    house: House,
    fault: Fault | Trouble[Any],
    minutes: int,
    caplog: pytest.LogCaptureFixture,
) -> str:
    """Return what a user reads in ten minutes of it; never a false zero."""
    await house.wait(61)
    caplog.clear()
    house.recorder.requests.clear()
    last_event = f"event.{house.recorder.name}_recording_events"
    event = value(house.hass, last_event)
    house.lay(fault)
    seen = set()
    for _ in range(10):
        await house.wait(60)
        seen.add(house.active)
    assert seen <= {"1", STATE_UNAVAILABLE}
    requests = len(house.recorder.requests)
    assert requests <= 10 * _MOST_REQUESTS_A_MINUTE
    asked = house.entry.async_get_active_flows(house.hass, {SOURCE_REAUTH})
    signs_in = any(asked)
    house.mend()
    if signs_in:
        await house.sign_in_again()
    await house.wait_until(lambda: house.active == "1", minutes)
    assert house.active == "1"
    down = [
        row
        for row in caplog.records
        if row.levelno >= logging.WARNING and DOMAIN in row.name
    ]
    assert len(down) <= 2, [row.getMessage() for row in down]
    # What is not known is no end, and what is known again no start.
    assert value(house.hass, last_event) == event
    if STATE_UNAVAILABLE not in seen:
        return "keeps its states"
    return "unavailable, asks to sign in" if signs_in else "unavailable"


async def at_a_command(house: House, fault: Fault | Trouble[Any], minutes: int) -> str:
    """Return what came of a start; and the same command works after the fault."""
    call = house.office.connect("102")
    number = house.recorder.directory_number(house.office.line("102"))

    async def start() -> str:
        try:
            answer = await house.hass.services.async_call(
                DOMAIN,
                "start_recording",
                {"directory_number": number, "ensure": True},
                blocking=True,
                return_response=True,
            )
        except HomeAssistantError as err:
            return f"`{err.translation_key}`"
        assert answer is not None
        return str(answer["result"])

    house.lay(fault)
    result = await house.do(start())
    recorded = any(not row.is_paused for row in house.office.recordings_of(call))
    # An error after which the call is recorded all the same has to say so.
    assert not (result.startswith("`") and recorded) or result == "`outcome_unknown`"
    assert result.startswith("`") or recorded
    house.mend()
    for flow in house.entry.async_get_active_flows(house.hass, {SOURCE_REAUTH}):
        house.hass.config_entries.flow.async_abort(flow["flow_id"])
    await house.wait(61)
    while (again := await house.do(start())) not in ("started", "already_recording"):
        minutes -= 1
        assert minutes, again
        await house.wait(61)
    house.office.hang_up(call)
    await house.wait(61)
    return result


async def while_playing(
    house: House,
    fault: Fault | Trouble[Any],
    minutes: int,
    hass_client: ClientSessionGenerator,
) -> str:
    """Return what a player gets; and it gets the audio after the fault."""
    recording = await _finished(house)
    client = await hass_client()
    source = f"media-source://{DOMAIN}/{house.entry.entry_id}/{recording}"

    async def find() -> str:
        """Return the address that a player gets."""
        return (await async_resolve_media(house.hass, source, None)).url

    async def play(address: str) -> str:
        try:
            async with client.get(address) as response:
                audio = await response.read()
        except ClientError:
            return "breaks off"
        except TimeoutError:
            return "comes too slowly"
        if response.status != HTTPStatus.OK:
            return str(response.status)
        return "plays" if audio else "nothing"

    async def play_again() -> str:
        try:
            return await play(await find())
        except Unresolvable as err:
            return str(err)

    address = await house.do(find())
    house.lay(fault)
    result = await house.do(play(address))
    house.mend()
    while (again := await house.do(play_again())) != "plays":
        minutes -= 1
        assert minutes, again
        await house.wait(61)
    return result


async def _finished(house: House) -> str:
    """Return the identifier of the finished recording in the media source."""
    answer: Any = await house.hass.services.async_call(
        DOMAIN, "get_recordings", {}, blocking=True, return_response=True
    )
    token = urlsafe_b64encode(answer["recordings"][-1]["id"].encode()).decode()
    return f"recording/{token.rstrip('=')}"


def test_the_table_is_complete() -> None:
    """There is a row for each case, and none for what is not tested any more."""
    assert sorted(_read_table()) == sorted((name, recorder) for recorder, name in CASES)
