"""Adds to Home Assistant what the demo shows: the recorders, and a dashboard."""

from collections.abc import Mapping
from typing import Any, Final

from .home_assistant import HomeAssistant
from .processes import DOMAIN, Failure

_FLOWS: Final = "/api/config/config_entries/flow"
_LINE_FLOWS: Final = "/api/config/config_entries/subentries/flow"
_DASHBOARD: Final = "call-recorder"
"""A dashboard of its own: a change to the default one shows only after a restart."""


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


async def list_entities(home_assistant: HomeAssistant) -> list[dict[str, Any]]:
    """Return this integration's enabled entities from the entity registry."""
    registry = await home_assistant.command(type="config/entity_registry/list")
    return [
        entity
        for entity in sorted(registry, key=lambda entity: str(entity["entity_id"]))
        if entity["platform"] == DOMAIN and not entity["disabled_by"]
    ]


async def make_dashboard(home_assistant: HomeAssistant) -> None:
    """Create a dashboard with every entity, and make it the default one."""
    tiles: dict[str, list[dict[str, Any]]] = {}
    for entity in await list_entities(home_assistant):
        # The heading names the device, so that a tile has room for the entity's name.
        tile = {
            "type": "tile",
            "entity": entity["entity_id"],
            "name": {"type": "entity"},
        }
        tiles.setdefault(entity["device_id"], []).append(tile)
    devices = await home_assistant.command(type="config/device_registry/list")
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
    view = {"title": "Recorders", "type": "sections", "sections": sections}
    boards = await home_assistant.command(type="lovelace/dashboards/list")
    if _DASHBOARD not in [board["url_path"] for board in boards]:
        await home_assistant.command(
            type="lovelace/dashboards/create",
            url_path=_DASHBOARD,
            title="Call Recorder",
            icon="mdi:record-rec",
        )
    await home_assistant.command(
        type="lovelace/config/save", url_path=_DASHBOARD, config={"views": [view]}
    )
    await home_assistant.command(
        type="frontend/set_system_data",
        key="core",
        value={"default_panel": _DASHBOARD},
    )
