"""Adds to Home Assistant what the demo shows: the recorders, and a dashboard."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from .home_assistant import HomeAssistant
from .processes import DOMAIN, Failure
from .simulator import Simulator

_FLOWS: Final = "/api/config/config_entries/flow"
_LINE_FLOWS: Final = "/api/config/config_entries/subentries/flow"
_AUTOMATIONS: Final = "/api/config/automation/config"
_WALLBOARD: Final = "call-recorder"
"""A dashboard of its own: a change to the default one shows only after a restart."""
_LINES: Final[Mapping[str, Mapping[str, Mapping[str, Any]]]] = {
    "imagicle": {
        "Reception": {"directory_number": "101"},
        "Sales": {"directory_number": "102"},
        "Support": {"directory_number": "103"},
        "Accounts": {
            "directory_number": "104",
            "must_be_recorded": True,
            "busy_entity_id": "input_boolean.accounts_phone",
        },
        "Warehouse": {"directory_number": "105"},
        "Management": {"directory_number": "106"},
    },
    "bandwidth": {"Hotline": {"directory_number": "+19195550101"}},
    "yeastar": {"Workshop": {"directory_number": "107"}},
    "asterisk": {"Showroom": {"directory_number": "108"}},
}
_ALERT: Final = {
    "alias": "Notify about calls that are not recorded",
    "triggers": [{"trigger": f"{DOMAIN}.call_not_recorded"}],
    "actions": [
        {
            "action": "persistent_notification.create",
            "data": {
                "title": "A call is not recorded",
                "message": "Accounts is in a call that is not recorded.",
            },
        }
    ],
}


async def add_recorder(
    home_assistant: HomeAssistant, name: str, settings: Mapping[str, Any]
) -> str | None:
    """Add a recorder through the config flow; return its entry's id, None if it was there."""
    flow = await home_assistant.post(_FLOWS, {"handler": DOMAIN})
    step = f"{_FLOWS}/{flow['flow_id']}"
    await home_assistant.post(step, {"next_step_id": name})
    result = await home_assistant.post(step, settings)
    if result["type"] == "create_entry":
        return str(result["result"]["entry_id"])
    if result.get("reason") == "already_configured":
        return None
    raise Failure(f"{name} could not be added: {result}")


async def add_line(
    home_assistant: HomeAssistant, entry_id: str, name: str, **fields: Any
) -> None:
    """Add a line to a recorder through its flow."""
    flow = await home_assistant.post(_LINE_FLOWS, {"handler": [entry_id, "line"]})
    step = f"{_LINE_FLOWS}/{flow['flow_id']}"
    result = await home_assistant.post(step, {"name": name, **fields})
    if result["type"] != "create_entry":
        raise Failure(f"{name} could not be added: {result}")


async def stay_offline(home_assistant: HomeAssistant) -> None:
    """Disable the Marketplace, which fetches its catalog from the internet."""
    path = "/api/config/config_entries/entry?domain=marketplace"
    for entry in await home_assistant.get(path):
        await home_assistant.command(
            type="config_entries/disable",
            entry_id=entry["entry_id"],
            disabled_by="user",
        )


async def accept_plain_http(home_assistant: HomeAssistant) -> None:
    """Ignore that the simulators speak plain HTTP: it does not leave this machine."""
    listed = await home_assistant.command(type="repairs/list_issues")
    for issue in listed["issues"]:
        if issue["translation_key"] == "unencrypted":
            await home_assistant.command(
                type="repairs/ignore_issue",
                domain=DOMAIN,
                issue_id=issue["issue_id"],
                ignore=True,
            )


async def list_entities(home_assistant: HomeAssistant) -> list[dict[str, Any]]:
    """Return this integration's enabled entities from the entity registry."""
    registry = await home_assistant.command(type="config/entity_registry/list")
    return [
        entity
        for entity in sorted(registry, key=lambda entity: str(entity["entity_id"]))
        if entity["platform"] == DOMAIN and not entity["disabled_by"]
    ]


async def furnish(
    home_assistant: HomeAssistant, simulator: Simulator
) -> dict[str, str]:
    """Add what the demo shows: recorders, lines, an alert, statistics and dashboards.

    Returns the entries of the recorders that were not there before.
    """
    added = {}
    for name, settings in simulator.settings.items():
        entry_id = await add_recorder(home_assistant, name, settings)
        if entry_id is not None:
            added[name] = entry_id
            for line, fields in _LINES.get(name, {}).items():
                await add_line(home_assistant, entry_id, line, **fields)
    await accept_plain_http(home_assistant)
    await home_assistant.post(f"{_AUTOMATIONS}/call_not_recorded", _ALERT)
    await _make_dashboards(home_assistant)
    await _import_statistics(home_assistant)
    return added


async def _make_dashboards(home_assistant: HomeAssistant) -> None:
    """Create the wallboard, which becomes the default dashboard, and one of all entities."""
    devices = await home_assistant.command(type="config/device_registry/list")
    await _save_dashboard(
        home_assistant,
        _WALLBOARD,
        "Call Recorder",
        "mdi:record-rec",
        _wallboard(devices),
    )
    await _save_dashboard(
        home_assistant,
        "call-recorder-entities",
        "Entities",
        "mdi:format-list-bulleted",
        {
            "views": [
                _view_of_all(devices, await list_entities(home_assistant)),
                _view_of_card(devices),
            ]
        },
    )
    await home_assistant.command(
        type="frontend/set_system_data",
        key="core",
        value={"default_panel": _WALLBOARD},
    )


def _wallboard(devices: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the wallboard. It opens on one recorder: all of them record the same calls."""
    strategy = "custom:call-recorder-wallboard"
    return {"strategy": {"type": strategy, "recorder": _imagicle_device(devices)}}


def _view_of_card(devices: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a view with the card, as it looks on a phone."""
    card = {"type": "custom:call-recorder-card", "recorder": _imagicle_device(devices)}
    section = {"type": "grid", "cards": [card]}
    return {
        "title": "Card",
        "path": "card",
        "type": "sections",
        "sections": [section],
    }


def _imagicle_device(devices: list[dict[str, Any]]) -> str:
    """Return the device of the Imagicle."""
    device_id: str = next(
        device["id"]
        for device in devices
        if device["manufacturer"] == "Imagicle" and device["entry_type"] == "service"
    )
    return device_id


async def _import_statistics(home_assistant: HomeAssistant) -> None:
    """Add two days of channels in use, which otherwise take two days to come together."""
    sensor = "sensor.imagicle_active_recordings"
    state = await home_assistant.get(f"/api/states/{sensor}")
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    rows = []
    for hours in range(1, 49):
        start = this_hour - timedelta(hours=hours)
        # Busy in the morning and in the afternoon, quiet at night.
        most = 2 + (start.day * 7 + start.hour * 5) % 4 if 7 <= start.hour < 17 else 0
        rows.append(
            {"start": start.isoformat(), "mean": most / 2, "min": 0, "max": most}
        )
    await home_assistant.command(
        type="recorder/import_statistics",
        metadata={
            "statistic_id": sensor,
            "source": "recorder",
            "name": None,
            "mean_type": 1,
            "has_sum": False,
            "unit_class": None,
            "unit_of_measurement": state["attributes"]["unit_of_measurement"],
        },
        stats=rows,
    )


async def start_calls(home_assistant: HomeAssistant, simulator: Simulator) -> None:
    """Start what is to be seen in the first minute: a paused call, and one not recorded."""
    await simulator.hang_up("imagicle", "104", "106")
    await simulator.connect("imagicle", "104", remote="+15557149877")
    await home_assistant.post(
        "/api/services/input_boolean/turn_on",
        {"entity_id": "input_boolean.accounts_phone"},
    )
    await simulator.connect(
        "imagicle", "106", remote="+15557246754", direction="outgoing", recorded=True
    )
    await home_assistant.post(
        f"/api/services/{DOMAIN}/pause_recording",
        {"config_entry_id": await _imagicle(home_assistant), "directory_number": "106"},
    )


async def _imagicle(home_assistant: HomeAssistant) -> str:
    """Return the id of the Imagicle's entry."""
    entries = await home_assistant.command(type="config_entries/get", domain=DOMAIN)
    entry_id: str = next(
        entry["entry_id"] for entry in entries if entry["title"] == "Imagicle"
    )
    return entry_id


def _view_of_all(
    devices: list[dict[str, Any]], entities: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return a view with a tile for every entity, under its device's name.

    Last come the lamp of the README's automation, and the phone that is watched.
    """
    tiles: dict[str, list[dict[str, Any]]] = {}
    for entity in entities:
        # The heading names the device, so that a tile has room for the entity's name.
        tile = {
            "type": "tile",
            "entity": entity["entity_id"],
            "name": {"type": "entity"},
        }
        tiles.setdefault(entity["device_id"], []).append(tile)
    sections = [
        {
            "type": "grid",
            "cards": [
                {"type": "heading", "heading": device["name"]},
                *tiles[device["id"]],
            ],
        }
        for device in devices
        if device["id"] in tiles
    ]
    house = [
        {"type": "tile", "entity": entity}
        for entity in ("light.on_air", "input_boolean.accounts_phone")
    ]
    heading = {"type": "heading", "heading": "The house"}
    sections.append({"type": "grid", "cards": [heading, *house]})
    return {"title": "Recorders", "type": "sections", "sections": sections}


async def _save_dashboard(
    home_assistant: HomeAssistant,
    path: str,
    title: str,
    icon: str,
    config: dict[str, Any],
) -> None:
    """Create a dashboard, or replace what it shows."""
    boards = await home_assistant.command(type="lovelace/dashboards/list")
    if path not in [board["url_path"] for board in boards]:
        await home_assistant.command(
            type="lovelace/dashboards/create", url_path=path, title=title, icon=icon
        )
    await home_assistant.command(
        type="lovelace/config/save", url_path=path, config=config
    )
