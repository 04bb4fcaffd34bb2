"""Triggers and conditions: automations that need no knowledge of entities."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)
import voluptuous as vol

from custom_components.call_recorder.const import DOMAIN
from homeassistant.components.automation import config as automation_config
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from simulator.office import Office
from tests.helpers.clock import Poll, settle
from tests.helpers.devices import find_device
from tests.helpers.entries import set_up_recorder


@pytest.fixture
async def entry(hass: HomeAssistant, imagicle_data: dict[str, Any]) -> MockConfigEntry:
    """Return an Imagicle with two lines."""
    return await set_up_recorder(
        hass,
        imagicle_data,
        lines={
            "Reception": {"directory_number": "101"},
            "Sales": {"directory_number": "102"},
        },
    )


@pytest.fixture
def calls(hass: HomeAssistant) -> list[ServiceCall]:
    """Return what the automations did."""
    return async_mock_service(hass, "test", "automation")


async def automate(
    hass: HomeAssistant, trigger: Any, *conditions: dict[str, Any]
) -> None:
    """Set up an automation that notes what triggered it."""
    automation = {
        "alias": "Test",
        "triggers": trigger,
        "conditions": list(conditions),
        "actions": {
            "action": "test.automation",
            "data": {
                "line": "{{ trigger.line }}",
                "reason": "{{ trigger.reason }}",
                "id": "{{ trigger.recording_id }}",
                "what": "{{ trigger.description }}",
            },
        },
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await settle(hass)


async def test_any_recorder_and_line(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    calls: list[ServiceCall],
    pass_time: Poll,
) -> None:
    """Without devices, the trigger is about every recorder and line, once each."""
    await automate(hass, {"trigger": f"{DOMAIN}.recording_started"})
    office.start_recording(office.connect("101"))
    office.start_recording(office.connect("103"))
    await pass_time(31)
    assert sorted(str(call.data["line"]) for call in calls) == ["None", "Reception"]


@pytest.mark.parametrize(
    ("device", "lines"),
    [("Imagicle", ["None", "Reception"]), ("Reception", ["Reception"]), ("Sales", [])],
)
async def test_chosen_devices(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    calls: list[ServiceCall],
    pass_time: Poll,
    device: str,
    lines: list[str],
) -> None:
    """A recorder stands for all its recordings, a line for its own."""
    chosen = find_device(hass, entry, device).id
    await automate(
        hass,
        {"trigger": f"{DOMAIN}.recording_started", "options": {"device_id": [chosen]}},
    )
    office.start_recording(office.connect("101"))
    office.start_recording(office.connect("103"))
    await pass_time(31)
    assert sorted(str(call.data["line"]) for call in calls) == lines


async def test_each_trigger_has_its_event(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    calls: list[ServiceCall],
    pass_time: Poll,
) -> None:
    """A trigger that outlives a reload still hears paused, ended and archived."""
    await automate(
        hass,
        [
            {"trigger": f"{DOMAIN}.recording_paused"},
            {"trigger": f"{DOMAIN}.recording_ended"},
            {"trigger": f"{DOMAIN}.recording_archived"},
        ],
    )
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    call = office.connect("101")
    recording = office.start_recording(call)
    await pass_time(31)
    assert calls == []
    office.pause(recording)
    await pass_time(11)
    office.hang_up(call)
    await pass_time(11)
    await pass_time(301)
    assert [call.data["what"] for call in calls] == [
        "paused on Reception",
        "ended on Reception",
        "archived on Reception",
    ]
    assert len({call.data["id"] for call in calls}) == 1


async def test_resumed_and_lost(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    calls: list[ServiceCall],
    pass_time: Poll,
) -> None:
    """A recording is resumed, ends, and does not arrive in the archive."""
    await automate(
        hass,
        [
            {"trigger": f"{DOMAIN}.recording_resumed"},
            {"trigger": f"{DOMAIN}.recording_lost"},
        ],
    )
    call = office.connect("101")
    recording = office.start_recording(call)
    recording.fate = "lost"
    office.pause(recording)
    await pass_time(31)
    office.resume(recording)
    await pass_time(11)
    office.hang_up(call)
    await pass_time(11)
    await pass_time(61, times=11)
    assert [(call.data["what"], call.data["reason"]) for call in calls] == [
        ("resumed on Reception", None),
        ("lost on Reception", "recording_not_found"),
    ]


@pytest.mark.parametrize(
    ("target", "lines"),
    [
        ("device", ["Reception"]),
        ("recorder", ["None", "Reception", "Sales"]),
        ("recorder and line", ["None", "Reception", "Sales"]),
        ("entity", ["Reception"]),
        ("label", ["Sales"]),
        ("nothing", []),
    ],
)
async def test_targets(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    calls: list[ServiceCall],
    pass_time: Poll,
    target: str,
    lines: list[str],
) -> None:
    """A trigger is about the recorders and lines of its target, and each event once."""
    recorder, reception, sales = (
        find_device(hass, entry, name).id for name in ("Imagicle", "Reception", "Sales")
    )
    device_registry.async_update_device(sales, labels={"desk"})
    targets = {
        "device": {"device_id": reception},
        "recorder": {"device_id": [recorder]},
        "recorder and line": {"device_id": [recorder, reception]},
        "entity": {"entity_id": "event.reception_recording_events"},
        "label": {"label_id": "desk"},
        "nothing": {"label_id": "unused"},
    }
    await automate(
        hass,
        {"trigger": f"{DOMAIN}.recording_started", "target": targets[target]},
    )
    for number in ("101", "102", "103"):
        office.start_recording(office.connect(number))
    await pass_time(31)
    assert sorted(str(call.data["line"]) for call in calls) == lines


async def test_a_target_that_grows(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    calls: list[ServiceCall],
    pass_time: Poll,
) -> None:
    """A line that gets the label later is heard from then on, and no longer without."""
    await automate(
        hass,
        {"trigger": f"{DOMAIN}.recording_started", "target": {"label_id": "desk"}},
    )
    sales = find_device(hass, entry, "Sales").id
    for labels in ({"desk"}, set()):
        device_registry.async_update_device(sales, labels=labels)
        await settle(hass)
        call = office.connect("102")
        office.start_recording(call)
        await pass_time(31)
        office.hang_up(call)
        await pass_time(31)
    assert [call.data["line"] for call in calls] == ["Sales"]


async def test_a_refused_start_triggers(
    hass: HomeAssistant, entry: MockConfigEntry, calls: list[ServiceCall]
) -> None:
    """The reason comes along."""
    await automate(hass, {"trigger": f"{DOMAIN}.recording_failed"})
    button = {"entity_id": "button.reception_start_recording"}
    with pytest.raises(Exception, match="no connected call"):
        await hass.services.async_call("button", "press", button, blocking=True)
    await settle(hass)
    assert [call.data["reason"] for call in calls] == ["no_connected_call"]


@pytest.mark.parametrize(
    ("condition", "device", "paused", "holds"),
    [
        ("is_recording", None, False, True),
        ("is_recording", "Imagicle", False, True),
        ("is_recording", "Reception", False, True),
        ("is_recording", "Sales", False, False),
        ("is_recording", "Reception", True, False),
        ("is_paused", None, True, True),
        ("is_paused", "Reception", True, True),
        ("is_paused", "Sales", True, False),
        ("is_paused", "Reception", False, False),
        ("is_idle", None, False, False),
        ("is_idle", "Reception", True, False),
        ("is_idle", "Sales", False, True),
    ],
)
@pytest.mark.parametrize("way", ["options", "target"])
async def test_conditions(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    calls: list[ServiceCall],
    pass_time: Poll,
    way: str,
    condition: str,
    device: str | None,
    paused: bool,
    holds: bool,
) -> None:
    """A condition is true while any of the chosen devices is in its state."""
    chosen = {"device_id": [find_device(hass, entry, device).id]} if device else {}
    recording = office.start_recording(office.connect("101"))
    {False: office.resume, True: office.pause}[paused](recording)
    await pass_time(31)
    await automate(
        hass,
        {"trigger": "event", "event_type": "ask"},
        {"condition": f"{DOMAIN}.{condition}", **({way: chosen} if device else {})},
    )
    hass.bus.async_fire("ask")
    await settle(hass)
    assert bool(calls) is holds


async def test_a_condition_knows_nothing_in_an_outage(
    hass: HomeAssistant,
    office: Office,
    entry: MockConfigEntry,
    simulator: Any,
    calls: list[ServiceCall],
    pass_time: Poll,
) -> None:
    """Nothing is recorded, as far as it is known, while the recorder is away."""
    office.start_recording(office.connect("101"))
    await pass_time(31)
    await simulator.imagicle.stop()
    await pass_time(31)
    await pass_time(31)
    await automate(
        hass,
        {"trigger": "event", "event_type": "ask"},
        {"condition": f"{DOMAIN}.is_recording"},
    )
    hass.bus.async_fire("ask")
    await settle(hass)
    assert calls == []


@pytest.mark.parametrize("kind", ["triggers", "conditions"])
async def test_a_device_of_another_integration(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    kind: str,
) -> None:
    """A device that is no recorder and no line is a mistake in the automation."""
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    device = device_registry.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("other", "1")}
    )
    wrong = {"options": {"device_id": device.id}}
    item: dict[str, Any] = {
        "alias": "Wrong",
        "triggers": [{"trigger": "event", "event_type": "ask"}],
        "actions": [],
    }
    item["triggers"] += (
        [{"trigger": f"{DOMAIN}.recording_ended", **wrong}]
        if kind == "triggers"
        else []
    )
    item["conditions"] = (
        [{"condition": f"{DOMAIN}.is_paused", **wrong}] if kind == "conditions" else []
    )
    with pytest.raises(vol.Invalid, match="no recorder and no line"):
        await automation_config.async_validate_config_item(hass, "1", item)
