"""What must stay private: credentials, and who called whom.

Unique secrets and names are planted wherever the recorder keeps some. Then a whole
life goes by, with faults, and everything that others can read is searched.
"""

import json
import logging

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import Poll
from tests.helpers.planted import (
    CREDENTIALS,
    NAME,
    NUMBERS,
    PASSWORD,
    REMOTE_NUMBER,
    TALKATIVE_FAULTS,
    found,
)


async def live(
    hass: HomeAssistant, office: Office, simulator: Simulator, pass_time: Poll
) -> list[BaseException]:
    """Let a life with every fault go by; return what the actions failed with."""
    failures: list[BaseException] = []
    recording_id = simulator.imagicle.id_of(office.recordings[0])
    for fault in TALKATIVE_FAULTS:
        simulator.imagicle.faults.add(fault)
        for action, fields in (
            ("start_recording", {"device_name": "SEPHUSH4711"}),
            ("start_recording", {"directory_number": "4711008", "ensure": True}),
            ("stop_recording", {"recording_id": recording_id}),
            ("stop_recording", {"directory_number": "4711008"}),
            ("pause_recording", {"recording_id": recording_id}),
            ("resume_recording", {"device_name": "SEPHUSH4711"}),
            ("get_active_recordings", {"username": "hush.user"}),
            ("get_recording", {"recording_id": recording_id}),
        ):
            try:
                await hass.services.async_call(
                    DOMAIN, action, fields, blocking=True, return_response=True
                )
            except HomeAssistantError as err:
                failures.append(err)
        await pass_time(61)
        await pass_time(301)
        simulator.imagicle.faults.clear()
        await pass_time(301)
    await simulator.imagicle.stop()
    await pass_time(301)
    await simulator.imagicle.start()
    office.start_recording(office.connect("4711008", remote=REMOTE_NUMBER))
    await pass_time(301)
    for active in office.active_recordings():
        office.hang_up(active.call)
    await pass_time(31)
    await pass_time(301)
    simulator.imagicle.users[0].password = "another"
    await pass_time(31)
    return failures


async def test_a_whole_life(
    hass: HomeAssistant,
    planted_recorder: MockConfigEntry,
    office: Office,
    simulator: Simulator,
    pass_time: Poll,
    caplog: pytest.LogCaptureFixture,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Neither log nor errors nor issues show a credential, a name or a number."""
    caplog.set_level(logging.DEBUG)
    issues: list[str] = []
    hass.bus.async_listen(
        ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED,
        lambda event: issues.extend(map(repr, issue_registry.issues.values())),
    )
    failures = await live(hass, office, simulator, pass_time)
    assert len(failures) > 100
    assert len({getattr(err, "translation_key", None) for err in failures}) > 5
    secrets = (*CREDENTIALS, *NUMBERS, NAME)
    for err in failures:
        shown = f"{err} {err!r} {vars(err)} {err.__cause__!r} {err.__context__!r}"
        assert found(shown, secrets) == [], shown

    assert issues
    assert found(" ".join(issues), secrets) == []

    log = [(record.name, _text(record)) for record in caplog.records]
    assert found("\n".join(text for _, text in log), CREDENTIALS) == []
    # Home Assistant's own log of events shows what our event entities show.
    ours = [
        text
        for name, text in log
        if name.startswith(
            ("custom_components.call_recorder", "homeassistant.helpers", "aiohttp")
        )
        or name == "homeassistant.config_entries"
    ]
    assert len(ours) > 50
    assert any("Skipped " in text for text in ours)
    assert any("recovered" in text for text in ours)
    assert found("\n".join(ours), secrets) == []


def _text(record: logging.LogRecord) -> str:
    """Return all of a record, with its traceback."""
    return logging.Formatter("%(name)s %(message)s").format(record)


@pytest.mark.parametrize(
    ("planted_options", "numbers_of_events"),
    [({"mask_numbers": True}, []), ({}, [REMOTE_NUMBER, REMOTE_NUMBER[1:]])],
)
async def test_states(
    hass: HomeAssistant,
    planted_recorder: MockConfigEntry,
    office: Office,
    pass_time: Poll,
    numbers_of_events: list[str],
) -> None:
    """Only events show who called, and with `mask_numbers` not from which number."""
    seen: dict[str, set[str]] = {"event": set(), "other": set()}
    await pass_time(31)
    _collect(hass, seen)
    office.pause(office.recordings[0])
    await pass_time(31)
    _collect(hass, seen)
    office.hang_up(office.calls[0])
    await pass_time(31)
    _collect(hass, seen)
    await pass_time(301)
    _collect(hass, seen)
    everything = (*CREDENTIALS, *NUMBERS[:2], NAME)
    assert found(" ".join(seen["other"]), everything) == []
    events = " ".join(seen["event"])
    assert found(events, CREDENTIALS) == []
    assert found(events, ["Hushcaller"]) == ["Hushcaller"]
    assert found(events, NUMBERS[:2]) == numbers_of_events


def _collect(hass: HomeAssistant, seen: dict[str, set[str]]) -> None:
    """Note all states with their attributes."""
    for state in hass.states.async_all():
        kind = "event" if state.domain == "event" else "other"
        seen[kind].add(f"{state.state} {dict(state.attributes)}")


async def test_answers_of_actions_are_whole(
    hass: HomeAssistant,
    planted_recorder: MockConfigEntry,
    office: Office,
    simulator: Simulator,
) -> None:
    """A caller of an action gets the whole number: masks are for what is shown."""
    response = await hass.services.async_call(
        DOMAIN, "get_active_recordings", {}, blocking=True, return_response=True
    )
    assert REMOTE_NUMBER in json.dumps(response)


async def test_nothing_is_planted_in_vain(
    planted_recorder: MockConfigEntry, office: Office, simulator: Simulator
) -> None:
    """The recorder does report names and numbers: the searches could find them."""
    [request] = [
        request
        for request in simulator.imagicle.requests
        if request.path.endswith("/LiveRecordings") and not request.query
    ]
    assert found(request.headers["Authorization"], CREDENTIALS) == [CREDENTIALS[2]]
    texts = [repr(fault) for fault in TALKATIVE_FAULTS]
    assert found(" ".join(texts), (PASSWORD, *NUMBERS, NAME)) == [
        PASSWORD,
        *NUMBERS,
        NAME,
    ]
