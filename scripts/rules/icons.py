"""Icons: their structure, and that the frontend has each of them."""

from collections.abc import Iterator
from importlib.resources import files
import json
from pathlib import Path
import re
from typing import Any

import voluptuous as vol
from voluptuous.humanize import humanize_error

from . import integration
from .translations import key, keyed

_USED = re.compile(r"\bmdi:[a-z0-9-]+")


def icon(value: Any) -> str:
    """Validate an icon."""
    if not isinstance(value, str) or not _USED.fullmatch(value):
        raise vol.Invalid(f"{value!r} is no icon")
    return value


def _default_is_not_repeated(table: dict[str, Any]) -> dict[str, Any]:
    """Validate that no state repeats the default icon."""
    for name, icons in table.items():
        if repeated := [
            state
            for state, its in icons.get("state", {}).items()
            if its == icons.get("default")
        ]:
            raise vol.Invalid(f"{name}: the default is repeated for {repeated}")
    return table


_ICONS = {
    vol.Optional("default"): icon,
    vol.Optional("state"): keyed(icon),
    vol.Optional("range"): {vol.Coerce(float): icon},
}
_ATTRIBUTES = {**_ICONS, vol.Required("default"): icon}
_ENTITY = {
    **_ICONS,
    vol.Optional("state_attributes"): vol.All(
        keyed(_ATTRIBUTES), _default_is_not_repeated
    ),
}
SCHEMA = vol.Schema(
    {
        vol.Optional("conditions"): {key: {vol.Required("condition"): icon}},
        vol.Optional("entity"): keyed(
            vol.All(keyed(_ENTITY), _default_is_not_repeated)
        ),
        vol.Optional("issues"): dict,
        vol.Optional("services"): {
            key: {vol.Required("service"): icon, vol.Optional("sections"): keyed(icon)}
        },
        vol.Optional("triggers"): {key: {vol.Required("trigger"): icon}},
    }
)


def _known_icons() -> set[str]:
    """Return the icons that the installed frontend has."""
    listing = files("hass_frontend") / "static" / "mdi" / "iconList.json"
    return {f"mdi:{entry['name']}" for entry in json.loads(listing.read_text())}


def _users(root: Path) -> list[Path]:
    """Return the files that may name an icon."""
    places = [
        integration(root),
        root / "blueprints",
        root / "docs",
        root / "frontend" / "src",
    ]
    kinds = {".json", ".md", ".py", ".ts", ".yaml"}
    return sorted(
        path for place in places for path in place.rglob("*") if path.suffix in kinds
    )


def problems(root: Path) -> Iterator[str]:
    """Yield the problems of the icons."""
    icons = json.loads((integration(root) / "icons.json").read_text())
    try:
        SCHEMA(icons)
    except vol.Invalid as err:
        yield f"icons.json: {humanize_error(icons, err)}"
    known = _known_icons()
    for path in _users(root):
        for name in sorted(set(_USED.findall(path.read_text())) - known):
            yield f"{path.relative_to(root)}: there is no icon {name}"
