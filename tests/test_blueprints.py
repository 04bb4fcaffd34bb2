"""The blueprints are automations that work."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.call_recorder.const import DOMAIN
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint, BlueprintInputs
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
)
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType
from homeassistant.util.yaml import load_yaml_dict
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.calls import record
from tests.helpers.clock import Poll, settle
from tests.helpers.devices import find_device
from tests.helpers.entries import set_up_recorder

BLUEPRINTS = Path(__file__).parents[1] / "blueprints" / "automation" / "call_recorder"


type Automate = Callable[..., Awaitable[None]]


@pytest.fixture
async def automate(hass: HomeAssistant) -> AsyncGenerator[Automate]:
    """Return what makes an automation of a blueprint, and end them after the test."""
    yield partial(make_automation, hass)
    everything = {"entity_id": "all"}
    await hass.services.async_call("automation", "turn_off", everything, blocking=True)


async def make_automation(hass: HomeAssistant, name: str, **inputs: Any) -> None:
    """Make an automation of a blueprint."""
    path = BLUEPRINTS / f"{name}.yaml"
    content = await hass.async_add_executor_job(load_yaml_dict, str(path))
    blueprint = Blueprint(
        content,
        path=path.name,
        expected_domain="automation",
        schema=AUTOMATION_BLUEPRINT_SCHEMA,
    )
    filled = BlueprintInputs(
        blueprint, {"use_blueprint": {"path": path.name, "input": inputs}}
    )
    filled.validate()
    config = {"automation": {"alias": name, **filled.async_substitute()}}
    assert await async_setup_component(hass, "automation", config)
    await hass.async_block_till_done()


def running(hass: HomeAssistant, name: str) -> int:
    """Return how many times an automation is running."""
    state = hass.states.get(f"automation.{name}")
    assert state is not None
    return int(state.attributes["current"])


type Tick = Callable[[float], None]


@pytest.fixture
def tick(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> Tick:
    """Return what lets seconds pass while an automation waits."""

    def tick(seconds: float) -> None:
        freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(hass)

    return tick


async def wait_until(condition: Callable[[], bool]) -> None:
    """Let happen what is under way: an automation that waits never settles."""
    for _ in range(100_000):
        if condition():
            return
        await asyncio.sleep(0)
    pytest.fail("It did not happen")


def count(folder: Path, pattern: str) -> int:
    """Count the files in a folder and below."""
    return len([*folder.rglob(pattern)])


@pytest.mark.parametrize(
    ("allowed", "copies", "complaints"), [(True, 3, 0), (False, 0, 3)]
)
async def test_export_recordings(
    hass: HomeAssistant,
    automate: Automate,
    office: Office,
    simulator: Simulator,
    imagicle: MockConfigEntry,
    bandwidth_data: dict[str, Any],
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
    tmp_path: Path,
    allowed: bool,
    copies: int,
    complaints: int,
) -> None:
    """Every archived recording is copied, or a failure is reported.

    There are two recorders, so that the automation has to say which one it means.
    """
    await set_up_recorder(hass, bandwidth_data)
    missing: list[str] = []

    async def complain(call: ServiceCall) -> None:
        """Remember which recording could not be copied."""
        missing.append(call.data["id"])

    hass.services.async_register("test", "complain", complain)
    if allowed:
        hass.config.allowlist_external_dirs = {str(tmp_path)}
    await automate(
        "export_recordings",
        folder=str(tmp_path / "copies"),
        devices=[],
        on_failure=[
            {"action": "test.complain", "data": {"id": "{{ recording_id }}"}},
        ],
    )
    for _ in range(3):
        record(office, freezer, 5)
    await pass_time(301)
    assert count(tmp_path, "*.mp3") == copies
    ids = {simulator.imagicle.id_of(office.archive[place]) for place in range(3)}
    assert len(ids.intersection(missing)) == complaints


@pytest.mark.parametrize(
    "path", sorted(BLUEPRINTS.glob("*.yaml")), ids=lambda p: p.stem
)
def test_source_is_named(path: Path) -> None:
    """Home Assistant can import the blueprint again, and its manual has the button."""
    blueprint = load_yaml_dict(str(path))["blueprint"]
    source = blueprint["source_url"]
    assert source.endswith(f"/{path.parent.name}/{path.name}")
    manual = (BLUEPRINTS.parents[2] / "docs" / "automations.md").read_text()
    assert f"?blueprint_url={quote(source, safe='')}" in manual
    assert f"| [{blueprint['name']}](" in manual


async def test_on_air_light(
    hass: HomeAssistant,
    automate: Automate,
    office: Office,
    imagicle: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """The light is on while a call is being recorded, and stays in an outage."""
    turned_on = async_mock_service(hass, "homeassistant", "turn_on")
    turned_off = async_mock_service(hass, "homeassistant", "turn_off")
    await automate(
        "on_air_light",
        recording=["binary_sensor.imagicle_recording", "binary_sensor.other"],
        lights={"entity_id": "light.on_air"},
    )
    call = office.connect("101")
    office.start_recording(call)
    await pass_time(31)
    assert [its.data["entity_id"] for its in turned_on] == [["light.on_air"]]
    assert not turned_off
    hass.states.async_set("binary_sensor.other", "on")
    office.hang_up(call)
    await pass_time(31)
    assert not turned_off
    hass.states.async_set("binary_sensor.other", "unavailable")
    await settle(hass)
    assert not turned_off
    hass.states.async_set("binary_sensor.other", "off")
    await settle(hass)
    assert len(turned_off) == 1


def add_phone(hass: HomeAssistant) -> str:
    """Register a phone with the app, and return the ID of its device."""
    entry = MockConfigEntry(domain="mobile_app")
    entry.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={("mobile_app", "1")},
        name="Anna's phone",
    )
    return device.id


@pytest.fixture
async def reception(
    hass: HomeAssistant, imagicle_data: dict[str, Any]
) -> MockConfigEntry:
    """Return an Imagicle with two lines, one of which must be recorded."""
    reception = {
        "directory_number": "101",
        "busy_entity_id": "binary_sensor.phone",
        "must_be_recorded": True,
    }
    return await set_up_recorder(
        hass,
        imagicle_data,
        lines={"Sales": {"directory_number": "102"}, "Reception": reception},
    )


@pytest.fixture
async def notified(
    hass: HomeAssistant, automate: Automate, reception: MockConfigEntry, tick: Tick
) -> list[ServiceCall]:
    """Return the notifications on a phone, the first of which has been sent."""
    notified = async_mock_service(hass, "notify", "mobile_app_anna_s_phone")
    await automate("call_not_recorded", phones=[add_phone(hass)])
    hass.states.async_set("binary_sensor.phone", "on")
    await settle(hass)
    tick(16)
    await wait_until(lambda: len(notified) == 1)
    return notified


@pytest.mark.parametrize(("is_connected", "notifications"), [(True, 1), (False, 2)])
async def test_call_not_recorded(
    hass: HomeAssistant,
    office: Office,
    notified: list[ServiceCall],
    is_connected: bool,
    notifications: int,
) -> None:
    """The button in the notification records the call, or the refusal is reported."""
    assert notified[0].data["message"].endswith(": Reception")
    button = notified[0].data["data"]["actions"][0]
    assert button["title"] == "Record now"
    if is_connected:
        office.connect("101")
    hass.bus.async_fire("mobile_app_notification_action", {"action": "OPEN_DOOR"})
    hass.bus.async_fire("mobile_app_notification_action", {"action": button["action"]})
    await wait_until(lambda: not running(hass, "call_not_recorded"))
    assert len(office.recordings) == (1 if is_connected else 0)
    assert len(notified) == notifications


async def test_call_stays_unrecorded(
    hass: HomeAssistant, office: Office, notified: list[ServiceCall], tick: Tick
) -> None:
    """Other buttons do not record the call, and the user need not touch this one."""
    office.connect("101")
    hass.bus.async_fire("mobile_app_notification_action", {"action": "OPEN_DOOR"})
    tick(3601)
    await wait_until(lambda: not running(hass, "call_not_recorded"))
    assert not office.recordings


@pytest.mark.parametrize(
    ("shown", "recorded"),
    [
        ("+1 555 123-0000", True),
        ("0015551230000", True),
        ("5551230000", True),
        ("+15559999999", False),
        ("0000", False),
        ("unknown", False),
    ],
)
@pytest.mark.parametrize("attribute", ["", "number"])
async def test_record_numbers(
    hass: HomeAssistant,
    automate: Automate,
    office: Office,
    reception: MockConfigEntry,
    shown: str,
    recorded: bool,
    attribute: str,
) -> None:
    """A call of a number on the list is recorded, however the number is written."""
    await automate(
        "record_numbers",
        numbers=["+15551230000", "+1 (555) 123-0001", "-"],
        caller="sensor.caller",
        attribute=attribute,
        line=find_device(hass, reception, "Reception").id,
    )
    office.connect("101", "+15551230000")
    state = ("ringing", {"number": shown}) if attribute else (shown, {})
    hass.states.async_set("sensor.caller", *state)
    await settle(hass)
    assert len(office.recordings) == recorded


async def test_record_numbers_once_connected(
    hass: HomeAssistant,
    automate: Automate,
    office: Office,
    reception: MockConfigEntry,
    tick: Tick,
) -> None:
    """The automation tries until the phone is picked up."""

    def refused() -> bool:
        """Return whether the recorder has refused the first attempt."""
        state = hass.states.get("event.imagicle_recording_events")
        return state is not None and state.attributes["event_type"] == "failed"

    await automate(
        "record_numbers",
        numbers=["5551230000"],
        caller="sensor.caller",
        line=find_device(hass, reception, "Reception").id,
    )
    hass.states.async_set("sensor.caller", "5551230000")
    await wait_until(refused)
    assert not office.recordings
    office.connect("101", "5551230000")
    # The refusal has to reach the automation before it waits.
    for _ in range(1000):
        await asyncio.sleep(0)
    tick(2)
    await wait_until(lambda: not running(hass, "record_numbers"))
    assert len(office.recordings) == 1


@pytest.mark.parametrize(
    ("ends", "resume", "complaints"),
    [("never", True, 1), ("never", False, 1), ("resumed", True, 0), ("ended", True, 0)],
)
async def test_forgotten_pause(
    hass: HomeAssistant,
    automate: Automate,
    office: Office,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    tick: Tick,
    ends: str,
    resume: bool,
    complaints: int,
) -> None:
    """A pause that lasts too long is reported, and ended where that is wanted."""
    complained = async_mock_service(hass, "test", "complain")
    await automate(
        "forgotten_pause",
        patience=5,
        resume=resume,
        on_forgotten=[
            {"action": "test.complain", "data": {"id": "{{ recording_id }}"}},
        ],
    )
    call = office.connect("101")
    recording = office.start_recording(call)
    await pass_time(31)
    office.pause(recording)
    tick(31)
    await wait_until(lambda: running(hass, "forgotten_pause") == 1)
    if ends == "resumed":
        office.resume(recording)
    elif ends == "ended":
        office.hang_up(call)
    tick(299)
    assert running(hass, "forgotten_pause") == 1
    tick(2)
    await wait_until(lambda: not running(hass, "forgotten_pause"))
    assert len(complained) == complaints
    if ends == "never":
        assert (recording.paused_since is None) is resume


@pytest.mark.parametrize("days_ago", [0, 1])
async def test_morning_digest(
    hass: HomeAssistant,
    automate: Automate,
    office: Office,
    imagicle: MockConfigEntry,
    pass_time: Poll,
    freezer: FrozenDateTimeFactory,
    days_ago: int,
) -> None:
    """The digest counts the recordings of the day before, and no others."""
    digests: list[dict[str, Any]] = []

    async def tell(call: ServiceCall) -> None:
        """Remember what is sent."""
        digests.append(dict(call.data))

    hass.services.async_register("test", "tell", tell)
    await automate(
        "morning_digest",
        config_entry_id=imagicle.entry_id,
        tell=[
            {
                "action": "test.tell",
                "data": {"digest": "{{ digest }}", "count": "{{ recordings }}"},
            }
        ],
    )
    now = dt_util.now()
    noon = now.replace(hour=12, minute=0, second=0) + timedelta(days=1)
    await pass_time((noon - now).total_seconds())
    for _ in range(3):
        call = office.connect("101")
        office.start_recording(call)
        freezer.tick(timedelta(minutes=2))
        office.hang_up(call)
    await pass_time(86400 * days_ago)
    digests.clear()
    eight = dt_util.now().replace(hour=8, minute=0, second=0) + timedelta(days=1)
    await pass_time((eight - dt_util.now()).total_seconds())
    count, minutes = (3, 6) if not days_ago else (0, 0)
    assert digests == [
        {"digest": f"{count} recordings, {minutes} minutes together.", "count": count}
    ]


async def test_morning_digest_reads_all_pages(
    hass: HomeAssistant, automate: Automate, imagicle: MockConfigEntry, pass_time: Poll
) -> None:
    """A day that does not fit on a page is counted whole."""
    cursors: list[str | None] = []

    async def respond(call: ServiceCall) -> ServiceResponse:
        """Respond with one of three pages."""
        cursors.append(call.data.get("cursor"))
        row: JsonObjectType = {"duration": None, "state": "error"}
        rows: list[JsonValueType] = [row]
        following = f"page {len(cursors)}" if len(cursors) < 3 else None
        return {"recordings": rows, "next_cursor": following, "total": None}

    hass.services.async_register(
        DOMAIN, "get_recordings", respond, supports_response=SupportsResponse.ONLY
    )
    notified = async_mock_service(hass, "persistent_notification", "create")
    await automate("morning_digest", config_entry_id=imagicle.entry_id)
    now = dt_util.now()
    eight = now.replace(hour=8, minute=0, second=0) + timedelta(days=1)
    await pass_time((eight - now).total_seconds())
    assert cursors == [None, "page 1", "page 2"]
    assert notified[0].data["message"] == (
        "3 recordings, 0 minutes together. 3 could not be saved."
    )


@pytest.mark.parametrize(
    ("numbers", "answer"),
    [
        ([], "No call is being recorded."),
        (["101"], "One call is being recorded: Reception"),
        (["103"], "One call is being recorded"),
        (["101", "102", "103"], "3 calls are being recorded: Reception, Sales"),
    ],
    ids=["none", "one", "no line", "several"],
)
async def test_ask_assist(
    hass: HomeAssistant,
    automate: Automate,
    office: Office,
    reception: MockConfigEntry,
    pass_time: Poll,
    numbers: list[str],
    answer: str,
) -> None:
    """Assist answers with the number of recordings and the names of their lines."""
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    await automate("ask_assist", config_entry_id=reception.entry_id)
    for number in numbers:
        office.start_recording(office.connect(number))
    await pass_time(31)
    assert await ask(hass, "How many calls are recorded now?") == answer


async def ask(hass: HomeAssistant, text: str) -> str:
    """Say something to Assist; return what it answers."""
    response = await hass.services.async_call(
        "conversation", "process", {"text": text}, blocking=True, return_response=True
    )
    assert response is not None
    spoken: Any = response["response"]
    answer: str = spoken["speech"]["plain"]["speech"]
    return answer


LINE = "binary_sensor.reception_recording"


async def test_ask_assist_about_a_line(
    hass: HomeAssistant,
    automate: Automate,
    office: Office,
    simulator: Simulator,
    reception: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """Assist shows whether the line is recorded, or that it does not know."""
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    await automate("ask_assist_line", recording=LINE)
    question = "Is the reception being recorded?"
    assert await ask(hass, question) == "No, it is not being recorded."
    office.start_recording(office.connect("101"))
    await pass_time(31)
    assert await ask(hass, question) == "Yes, it is being recorded."
    simulator.imagicle.faults.add(Fault("status", status=500))
    await pass_time(31, 2)
    assert await ask(hass, question) == "That is not known."


@pytest.mark.parametrize("may_record", [False, True])
async def test_tell_assist_to_record_a_line(
    hass: HomeAssistant,
    automate: Automate,
    office: Office,
    reception: MockConfigEntry,
    may_record: bool,
) -> None:
    """Assist records the line only where that is turned on, and shows when it cannot."""
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    await automate("ask_assist_line", recording=LINE, may_record=may_record)
    refused = await ask(hass, "Record the reception")
    assert (refused == "The recorder has refused that.") is may_record
    office.connect("101")
    answer = await ask(hass, "Record the reception")
    assert (answer == "It is being recorded.") is may_record
    assert bool(office.recordings) is may_record
