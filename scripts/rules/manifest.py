"""The manifest: what Home Assistant, HACS and the Marketplace require in it."""

import ast
from collections.abc import Iterator
from functools import cache
import json
from pathlib import Path
import re
from typing import Any

from awesomeversion import AwesomeVersion
import voluptuous as vol
from voluptuous.humanize import humanize_error

from homeassistant import components, const
from homeassistant.helpers import config_validation as cv

from . import DOMAIN, integration

_CORE = Path(components.__path__[0])
# Integrations that hassfest lets an integration use without a dependency.
_FREE_TO_USE = {
    *(platform.value for platform in const.Platform),
    *(
        "alert",
        "automation",
        "blueprint",
        "conversation",
        "device_automation",
        "group",
        "homeassistant",
    ),
    *(
        "input_boolean",
        "input_button",
        "input_datetime",
        "input_number",
        "input_select",
        "input_text",
    ),
    *(
        "media_source",
        "persistent_notification",
        "person",
        "script",
        "sun",
        "system_health",
        "timer",
    ),
    *("webhook", "websocket_api", "zone", "diagnostics", "repairs", "logbook"),
}


def _https(value: Any) -> str:
    """Validate a URL."""
    if not isinstance(value, str) or not value.startswith("https://"):
        raise vol.Invalid("does not start with https://")
    return cv.url(value)


def _version(value: Any) -> str:
    """Validate a version that Home Assistant's loader accepts."""
    if not isinstance(value, str) or not re.fullmatch(r"\d+\.\d+\.\d+(b\d+)?", value):
        raise vol.Invalid(f"{value!r} is no version")
    return str(AwesomeVersion(value))


def _matcher(value: Any) -> str:
    """Validate a matcher of network discovery."""
    if not isinstance(value, str) or "*" not in value:
        raise vol.Invalid("has no wildcard")
    return value


def _owner(value: Any) -> str:
    """Validate the name of a code owner."""
    if not isinstance(value, str) or not re.fullmatch(r"@[\w-]+(/[\w-]+)?", value):
        raise vol.Invalid(f"{value!r} is no owner")
    return value


@cache
def _values(key: str) -> set[str]:
    """Return the values that Home Assistant's own manifests have for a key."""
    manifests = (json.loads(path.read_text()) for path in _CORE.glob("*/manifest.json"))
    return {value for manifest in manifests for value in manifest.get(key, ())}


def schema() -> vol.Schema:
    """Return the schema of the manifest."""
    return vol.Schema(
        {
            vol.Required("domain"): DOMAIN,
            vol.Required("name"): str,
            vol.Optional("after_dependencies"): [str],
            vol.Required("categories"): [vol.In(_values("categories"))],
            vol.Required("codeowners"): vol.All([_owner], vol.Length(min=1)),
            vol.Required("config_flow"): True,
            vol.Required("connectivity"): [vol.In(_values("connectivity"))],
            vol.Optional("dependencies"): [str],
            vol.Optional("dhcp"): [
                {
                    vol.Optional("hostname"): vol.All(str, cv.string, str.lower),
                    vol.Optional("macaddress"): vol.All(
                        _matcher, vol.Match(r"^[0-9A-F*]+$")
                    ),
                    vol.Optional("registered_devices"): True,
                }
            ],
            vol.Required("documentation"): _https,
            vol.Required("integration_type"): vol.In(["hub", "service"]),
            vol.Required("iot_class"): vol.In(
                ["cloud_polling", "cloud_push", "local_polling", "local_push"]
            ),
            vol.Required("issue_tracker"): _https,
            vol.Optional("loggers"): [str],
            vol.Optional("quality_scale"): vol.In(
                ["bronze", "silver", "gold", "platinum"]
            ),
            vol.Optional("requirements"): [str],
            vol.Required("version"): _version,
        }
    )


def problems(root: Path) -> Iterator[str]:
    """Yield the problems of the manifest."""
    folder = integration(root)
    manifest = json.loads((folder / "manifest.json").read_text())
    try:
        schema()(manifest)
    except vol.Invalid as err:
        yield humanize_error(manifest, err)
    keys = list(manifest)
    if keys != ["domain", "name", *sorted(keys[2:])]:
        yield "the keys are to be domain, name, and the others in alphabetical order"
    if (_CORE / DOMAIN).exists():
        yield "Home Assistant has an integration of this name"
    named = {*manifest.get("dependencies", ()), *manifest.get("after_dependencies", ())}
    for name in sorted(named):
        if not (_CORE / name).is_dir():
            yield f"there is no integration {name} to depend on"
    # As hassfest does: what brings a platform for an integration may use that one.
    platforms = {path.stem for path in folder.glob("*.py")}
    for name in sorted(_used(folder) - named - _FREE_TO_USE - platforms):
        yield f"{name} is used and is no dependency"


def _used(folder: Path) -> set[str]:
    """Return the integrations that the integration's modules import."""
    used = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ImportFrom) or node.level or not node.module:
                continue
            if node.module == "homeassistant.components":
                used |= {alias.name for alias in node.names}
            elif node.module.startswith("homeassistant.components."):
                used.add(node.module.split(".")[2])
    return used
