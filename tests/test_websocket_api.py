"""`call_recorder/subscribe`: a snapshot, then what changes, for what the user may see."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import (
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.call_recorder.const import CONF_MASK_NUMBERS, DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from simulator.faults import Fault
from simulator.office import Office
from simulator.server import Simulator
from tests.helpers.clock import TEN, Poll, settle
from tests.helpers.entries import add_lines, make_entry, set_up, set_up_recorder

pytestmark = pytest.mark.usefixtures("ten_oclock")


@pytest.fixture
def entry(hass: HomeAssistant, imagicle_data: dict[str, Any]) -> MockConfigEntry:
    """Return an Imagicle with two lines, not set up yet."""
    return make_entry(
        hass,
        imagicle_data,
        subentries_data=add_lines(
            Reception={"directory_number": "101"},
            Sales={"username": "marco.bianchi"},
        ),
    )


async def subscribe(client: MockHAClientWebSocket) -> dict[str, Any]:
    """Subscribe and return the first snapshot."""
    await client.send_json_auto_id({"type": f"{DOMAIN}/subscribe"})
    assert (await client.receive_json())["success"]
    return await receive(client)


async def receive(client: MockHAClientWebSocket) -> dict[str, Any]:
    """Return the next message of the subscription."""
    message: dict[str, Any] = (await client.receive_json())["event"]
    return message


async def receive_nothing(client: MockHAClientWebSocket) -> None:
    """Fail when anything came: what is asked now is answered next."""
    await client.send_json_auto_id({"type": "ping"})
    assert (await client.receive_json())["type"] == "pong"


async def receive_later(
    client: MockHAClientWebSocket, pass_time: Poll
) -> dict[str, Any]:
    """Let time pass until the next message, and answer the server's heartbeats."""
    for _ in range(60):
        await pass_time(11)
        await client.send_json_auto_id({"type": "ping"})
        answer = await client.receive_json()
        if answer["type"] == "event":
            await client.receive_json()
            message: dict[str, Any] = answer["event"]
            return message
    raise AssertionError("nothing came")


async def test_no_recorder(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    """Before a recorder is added there is an answer too."""
    assert await async_setup_component(hass, DOMAIN, {})
    snapshot = await subscribe(await hass_ws_client(hass))
    assert snapshot == {
        "type": "snapshot",
        "now": TEN.isoformat(),
        "recorders": [],
    }


@pytest.fixture
async def shown(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    office: Office,
    entry: MockConfigEntry,
    pass_time: Poll,
) -> dict[str, Any]:
    """Return what is sent of a recorder with a finished and an active recording."""
    before = office.connect("103", "+390550000001", "outgoing")
    office.start_recording(before)
    await pass_time(60)
    office.hang_up(before)
    await pass_time(60)
    office.start_recording(
        office.connect("101", "+390551234567", remote_name=("Mary", "Major"))
    )
    await set_up(hass, entry)
    snapshot = await subscribe(await hass_ws_client(hass))
    assert snapshot["type"] == "snapshot"
    recorder: dict[str, Any]
    (recorder,) = snapshot["recorders"]
    return recorder


async def test_snapshot_of_recorder_and_lines(
    hass: HomeAssistant, entry: MockConfigEntry, shown: dict[str, Any]
) -> None:
    """The card shows recorder and lines by their names, and what can be done."""
    assert shown["entry_id"] == entry.entry_id
    assert shown["name"] == "Imagicle"
    assert shown["available"]
    assert shown["can_pause"]
    assert shown["can_stop"]
    reception, sales = shown["lines"]
    assert [reception["name"], sales["name"]] == ["Reception", "Sales"]
    assert reception["start"] == {
        "config_entry_id": entry.entry_id,
        "directory_number": "101",
    }
    assert sales["start"] is None
    devices = dr.async_get(hass)
    for row in (shown, reception):
        device = devices.async_get(row["device_id"])
        assert device is not None
        assert device.name == row["name"]


async def test_snapshot_of_recordings(
    office: Office, entry: MockConfigEntry, shown: dict[str, Any]
) -> None:
    """The card shows active and finished recordings."""
    (active,) = shown["active"]
    assert active == {
        "id": active["id"],
        "lines": [shown["lines"][0]["id"]],
        "started_at": office.recordings[-1].started_at.isoformat(),
        "is_paused": False,
        "direction": None,
        "local": {"name": "anna.rossi", "number": None},
        "remote": {"name": "Mary Major", "number": "+390551234567"},
    }
    (finished,) = shown["recent"]
    assert finished == {
        "id": finished["id"],
        "media_content_id": finished["media_content_id"],
        "lines": [],
        "started_at": TEN.isoformat(),
        "duration": 60,
        "direction": "outgoing",
        "state": "complete",
        "local": {"name": "evelyn.carter", "number": "103"},
        "remote": {"name": None, "number": "+390550000001"},
    }
    assert finished["media_content_id"].startswith(
        f"media-source://{DOMAIN}/{entry.entry_id}/recording/"
    )
    assert shown["today"] == 1


async def test_changes(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    office: Office,
    entry: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """Only what changed is sent, and nothing for the passing of time."""
    long = office.start_recording(office.connect("102"))
    await set_up(hass, entry)
    client = await hass_ws_client(hass)
    (recorder,) = (await subscribe(client))["recorders"]
    (known,) = recorder["active"]
    await pass_time(31)
    await receive_nothing(client)

    call = office.connect("101")
    recording = office.start_recording(call)
    await pass_time(11)
    change = await receive(client)
    assert change["type"] == "change"
    assert change["recorder"]["entry_id"] == entry.entry_id
    assert change["recorder"]["ended"] == []
    (started,) = change["recorder"]["changed"]
    assert started["lines"] == [recorder["lines"][0]["id"]]

    office.pause(recording)
    await pass_time(11)
    assert (await receive(client))["recorder"] == {
        "entry_id": entry.entry_id,
        "changed": [started | {"is_paused": True}],
        "ended": [],
    }

    office.hang_up(call)
    await pass_time(11)
    assert (await receive(client))["recorder"] == {
        "entry_id": entry.entry_id,
        "changed": [],
        "ended": [started["id"]],
    }

    # The last one ends: a whole list says it in fewer words.
    office.stop(long)
    await pass_time(11)
    change = await receive(client)
    while "recent" in change["recorder"]:
        change = await receive(client)
    assert change["recorder"]["active"] == []
    assert known["id"] not in change["recorder"]


async def test_a_recording_arrives_in_the_archive(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    office: Office,
    entry: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """A finished recording keeps the line on which it was seen."""
    call = office.connect("102")
    office.start_recording(call)
    await set_up(hass, entry)
    client = await hass_ws_client(hass)
    (recorder,) = (await subscribe(client))["recorders"]
    office.hang_up(call)
    await pass_time(11, times=12)
    recent: list[dict[str, Any]] = []
    while not recent:
        recent = (await receive(client))["recorder"].get("recent", [])
    assert [row["lines"] for row in recent] == [[recorder["lines"][1]["id"]]]


async def test_outage(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    simulator: Simulator,
    entry: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """A recorder that does not answer is told of, and one that answers again too."""
    await set_up(hass, entry)
    client = await hass_ws_client(hass)
    await subscribe(client)
    simulator.imagicle.faults.add(Fault("status", status=503, times=1000))
    assert (await receive_later(client, pass_time))["recorder"] == {
        "entry_id": entry.entry_id,
        "available": False,
    }
    simulator.imagicle.faults.clear()
    assert (await receive_later(client, pass_time))["recorder"]["available"]


async def test_reload(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    entry: MockConfigEntry,
    office: Office,
    pass_time: Poll,
) -> None:
    """A recorder that is reloaded is sent anew, and followed on."""
    await set_up(hass, entry)
    client = await hass_ws_client(hass)
    before = await subscribe(client)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    after = await receive(client)
    while after["type"] != "snapshot":
        after = await receive(client)
    assert after["recorders"][0]["lines"] == before["recorders"][0]["lines"]
    assert after["recorders"][0]["available"]
    office.start_recording(office.connect("101"))
    await pass_time(31)
    change = await receive(client)
    while "active" not in change["recorder"]:
        change = await receive(client)
    assert len(change["recorder"]["active"]) == 1


async def test_recorder_that_does_not_answer_at_first(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    simulator: Simulator,
    entry: MockConfigEntry,
) -> None:
    """A recorder that cannot be set up is shown with its lines, and as unavailable."""
    simulator.imagicle.faults.add(Fault("status", status=503, times=1000))
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    (recorder,) = (await subscribe(await hass_ws_client(hass)))["recorders"]
    assert not recorder["available"]
    assert recorder["active"] is None
    assert [line["name"] for line in recorder["lines"]] == ["Reception", "Sales"]
    assert not any(line["start"] for line in recorder["lines"])


async def test_removed(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, entry: MockConfigEntry
) -> None:
    """A recorder that is removed goes from the card too."""
    await set_up(hass, entry)
    client = await hass_ws_client(hass)
    await subscribe(client)
    await hass.config_entries.async_remove(entry.entry_id)
    await settle(hass)
    assert (await receive(client))["recorders"] == []


async def test_call_that_is_not_recorded(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    imagicle_data: dict[str, Any],
    pass_time: Poll,
) -> None:
    """A line that must be recorded shows whether it is; the others cannot."""
    hass.states.async_set("binary_sensor.phone", "off")
    await set_up_recorder(
        hass,
        imagicle_data,
        lines={
            "Reception": {
                "directory_number": "101",
                "must_be_recorded": True,
                "busy_entity_id": "binary_sensor.phone",
            },
            "Sales": {"directory_number": "102"},
        },
    )
    client = await hass_ws_client(hass)
    (recorder,) = (await subscribe(client))["recorders"]
    assert [line["not_recorded"] for line in recorder["lines"]] == [False, None]
    hass.states.async_set("binary_sensor.phone", "on")
    await pass_time(6, times=4)
    change = await receive(client)
    assert [line["not_recorded"] for line in change["recorder"]["lines"]] == [
        True,
        None,
    ]


async def test_masked_numbers(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    office: Office,
    imagicle_data: dict[str, Any],
    pass_time: Poll,
) -> None:
    """Only the last digits of remote numbers reach the browser, when so wanted."""
    before = office.connect("102", "+390551234567")
    office.start_recording(before)
    await pass_time(60)
    office.hang_up(before)
    await pass_time(60)
    office.start_recording(office.connect("101", "+390551234567"))
    await set_up_recorder(hass, imagicle_data, options={CONF_MASK_NUMBERS: True})
    (recorder,) = (await subscribe(await hass_ws_client(hass)))["recorders"]
    for row in (*recorder["active"], *recorder["recent"]):
        assert row["remote"]["number"] == "••••••••••567"


async def test_user_who_may_not_listen(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    office: Office,
    entry: MockConfigEntry,
) -> None:
    """Who may only look sees what is active, no archive and no buttons."""
    office.start_recording(office.connect("101"))
    await set_up(hass, entry)
    client = await hass_ws_client(hass, hass_read_only_access_token)
    (recorder,) = (await subscribe(client))["recorders"]
    assert len(recorder["active"]) == 1
    assert recorder["recent"] is None
    assert not recorder["can_pause"]
    assert not recorder["can_stop"]
    assert not any(line["start"] for line in recorder["lines"])


async def test_user_who_may_see_one_line(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_user: MockUser,
    hass_read_only_access_token: str,
    entry: MockConfigEntry,
) -> None:
    """Lines and recorders whose entities a user may not read are not sent."""
    hass_read_only_user.mock_policy(
        {
            "entities": {
                "entity_ids": {
                    "binary_sensor.imagicle_recording": True,
                    "binary_sensor.reception_recording": {"read": True},
                }
            }
        }
    )
    await set_up(hass, entry)
    client = await hass_ws_client(hass, hass_read_only_access_token)
    (recorder,) = (await subscribe(client))["recorders"]
    assert recorder["can_stop"]
    (line,) = recorder["lines"]
    assert line["name"] == "Reception"
    assert line["start"] is None
    hass_read_only_user.mock_policy({"entities": {"entity_ids": {}}})
    assert (await subscribe(client))["recorders"] == []


async def test_unsubscribe(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    office: Office,
    entry: MockConfigEntry,
    pass_time: Poll,
) -> None:
    """A browser that unsubscribed is sent nothing more."""
    await set_up(hass, entry)
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": f"{DOMAIN}/subscribe"})
    subscription = (await client.receive_json())["id"]
    await receive(client)
    await client.send_json_auto_id(
        {"type": "unsubscribe_events", "subscription": subscription}
    )
    assert (await client.receive_json())["success"]
    office.start_recording(office.connect("101"))
    await pass_time(31)
    await receive_nothing(client)
