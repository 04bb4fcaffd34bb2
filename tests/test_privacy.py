"""What nobody may learn: credentials, and who called whom.

Unique secrets and names are planted wherever the recorder keeps some. Then a whole
life goes by, with faults, and everything that others can read is searched.
"""

from base64 import b64encode
from collections.abc import Iterable
import json
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.call_recorder.const import DOMAIN
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from simulator.calls import Call
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import Poll
from tests.helpers.entries import make_entry, set_up

PASSWORD = "pw-HUSH-9f3b"
USERNAME = "hush.agent"
CREDENTIALS = (
    PASSWORD,
    USERNAME,
    b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode(),
)
REMOTE_NUMBER = "+15550007777"
NUMBERS = (REMOTE_NUMBER, REMOTE_NUMBER[1:], "4711008")
# All names have this in common, and nothing else has.
NAME = "hush"

# Answers that hold what they should not, in every place that may be told.
TALKATIVE = json.dumps(
    {
        "reason": 77,
        "message": f"No channel for {REMOTE_NUMBER} or 4711008",
        "deviceName": "SEPHUSH4711",
        "username": "hush.user",
        "extension": "4711008",
        "remoteParty": {"firstName": "Hushremote", "phoneNumber": REMOTE_NUMBER},
    }
)
TALKATIVE_ROWS = json.dumps([{"id": None, "phone": REMOTE_NUMBER}, TALKATIVE])
LIVE_PATH = "/LiveRecordings"
FAULTS = [
    Fault("status", status=500, body=TALKATIVE),
    Fault("status", status=400, body=TALKATIVE),
    Fault("status", status=403, body=TALKATIVE),
    Fault("status", status=429, body=TALKATIVE, retry_after=7),
    Fault("status", status=418, body=TALKATIVE, headers={"X-Who": REMOTE_NUMBER}),
    Fault("body", body=TALKATIVE),
    Fault("body", body=TALKATIVE_ROWS),
    Fault("body", body=f"<html>{TALKATIVE}</html>"),
    Fault("bad_rows"),
    Fault("bare_object"),
    Fault("half_body"),
    Fault("drop"),
    Fault("drop_after"),
    Fault("empty_object"),
    Fault("empty_body"),
    Fault("invalid_json"),
    Fault("login_page"),
    Fault("huge_body"),
    Fault("wrong_content_type", content_type="text/hush"),
    Fault("redirect", url=f"http://{USERNAME}:{PASSWORD}@127.0.0.1:9/hush"),
]


@pytest.fixture
def call(office: Office, simulator: Simulator) -> Call:
    """Plant secrets and names wherever there are some; return a call of theirs."""
    user = simulator.imagicle.users[0]
    user.username, user.password = USERNAME, PASSWORD
    line = office.lines[0]
    line.number = "4711008"
    line.device_name = "SEPHUSH4711"
    line.username = "hush.user"
    line.first_name, line.last_name = "Hushfirst", "Hushlast"
    line.group, line.department = "Hushgroup", "Hushdepartment"
    return office.connect(
        "4711008", remote=REMOTE_NUMBER, remote_name=("Hushremote", "Hushcaller")
    )


@pytest.fixture
def options() -> dict[str, Any]:
    """Return the options of the recorder."""
    return {"mask_numbers": True}


@pytest.fixture
async def recorder(
    hass: HomeAssistant,
    imagicle_data: dict[str, Any],
    call: Call,
    office: Office,
    options: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> MockConfigEntry:
    """Return the recorder, with a line, while the call is being recorded."""
    recording = office.start_recording(call)
    recording.note, recording.preserved = "hushnote", True
    entry = make_entry(
        hass,
        imagicle_data | {"username": USERNAME, "password": PASSWORD},
        options=options,
        subentries_data=[
            ConfigSubentryDataWithId(
                data={"device_name": "SEPHUSH4711", "must_be_recorded": True},
                subentry_id="01LINE",
                subentry_type="line",
                title="Reception",
                unique_id=None,
            )
        ],
    )
    await set_up(hass, entry)
    return entry


async def live(
    hass: HomeAssistant, office: Office, simulator: Simulator, pass_time: Poll
) -> list[BaseException]:
    """Let a life with every fault go by; return what the actions failed with."""
    failures: list[BaseException] = []
    recording_id = simulator.imagicle.id_of(office.recordings[0])
    for fault in FAULTS:
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


def found(text: str, secrets: Iterable[str]) -> list[str]:
    """Return the secrets that a text tells."""
    return [secret for secret in secrets if secret.lower() in text.lower()]


async def test_a_whole_life(
    hass: HomeAssistant,
    recorder: MockConfigEntry,
    office: Office,
    simulator: Simulator,
    pass_time: Poll,
    caplog: pytest.LogCaptureFixture,
    issue_registry: ir.IssueRegistry,
) -> None:
    """Neither log nor errors nor issues tell a credential, a name or a number."""
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
        told = f"{err} {err!r} {vars(err)} {err.__cause__!r} {err.__context__!r}"
        assert found(told, secrets) == [], told

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
    ("options", "numbers_of_events"),
    [({"mask_numbers": True}, []), ({}, [REMOTE_NUMBER, REMOTE_NUMBER[1:]])],
)
async def test_states(
    hass: HomeAssistant,
    recorder: MockConfigEntry,
    office: Office,
    pass_time: Poll,
    numbers_of_events: list[str],
) -> None:
    """Only events tell who called, and with `mask_numbers` not from which number."""
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
    recorder: MockConfigEntry,
    office: Office,
    simulator: Simulator,
) -> None:
    """Who asks by an action gets the whole number: masks are for what is shown."""
    response = await hass.services.async_call(
        DOMAIN, "get_active_recordings", {}, blocking=True, return_response=True
    )
    assert REMOTE_NUMBER in json.dumps(response)


async def test_nothing_is_planted_in_vain(
    recorder: MockConfigEntry, office: Office, simulator: Simulator
) -> None:
    """The recorder does tell names and numbers: the searches could find them."""
    [request] = [
        request
        for request in simulator.imagicle.requests
        if request.path.endswith(LIVE_PATH) and not request.query
    ]
    assert found(request.headers["Authorization"], CREDENTIALS) == [CREDENTIALS[2]]
    texts = [repr(fault) for fault in FAULTS]
    assert found(" ".join(texts), (PASSWORD, *NUMBERS, NAME)) == [
        PASSWORD,
        *NUMBERS,
        NAME,
    ]
