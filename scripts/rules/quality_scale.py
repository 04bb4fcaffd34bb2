"""The quality scale: every rule has a status, and the code shows what a status claims."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.util.yaml import load_yaml_dict

from . import integration

TIERS = {
    "bronze": """
        action-setup appropriate-polling brands common-modules config-flow config-flow-test-coverage
        dependency-transparency docs-actions docs-conditions docs-high-level-description
        docs-installation-instructions docs-removal-instructions docs-triggers entity-event-setup entity-unique-id
        has-entity-name runtime-data test-before-configure test-before-setup unique-config-entry
    """,
    "silver": """
        action-exceptions config-entry-unloading docs-configuration-parameters docs-installation-parameters
        entity-unavailable integration-owner log-when-unavailable parallel-updates reauthentication-flow test-coverage
    """,
    "gold": """
        devices diagnostics discovery discovery-update-info docs-data-update docs-examples docs-known-limitations
        docs-supported-devices docs-supported-functions docs-troubleshooting docs-use-cases dynamic-devices
        entity-category entity-device-class entity-disabled-by-default entity-translations exception-translations
        icon-translations reconfiguration-flow repair-issues stale-devices
    """,
    "platinum": "async-dependency inject-websession strict-typing",
}
RULES = {tier: rules.split() for tier, rules in TIERS.items()}
# Code that must be in a module when a rule is done.
_TRACES = {
    "action-setup": ("__init__.py", r"async def async_setup\("),
    "config-entry-unloading": ("__init__.py", r"async def async_unload_entry\("),
    "config-flow": ("config_flow.py", r"ConfigFlow, domain=DOMAIN"),
    "diagnostics": (
        "diagnostics.py",
        r"async def async_get_config_entry_diagnostics\(",
    ),
    "has-entity-name": ("entity.py", r"_attr_has_entity_name = True"),
    "reauthentication-flow": ("config_flow.py", r"async def async_step_reauth\("),
    "reconfiguration-flow": ("config_flow.py", r"async def async_step_reconfigure\("),
    "runtime-data": ("__init__.py", r"\.runtime_data = "),
    "test-before-setup": ("__init__.py", r"async_config_entry_first_refresh\("),
    "unique-config-entry": ("config_flow.py", r"_abort_if_unique_id_configured\("),
}
_PLATFORMS = {"binary_sensor", "button", "event", "sensor", "switch"}
_DISCOVERIES = {"bluetooth", "dhcp", "homekit", "mqtt", "ssdp", "usb", "zeroconf"}


def _status(entry: str | dict[str, Any]) -> Any:
    """Return a rule's status, written alone or with a comment."""
    return entry if isinstance(entry, str) else entry.get("status")


def _entries(rules: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with single rules."""
    known = [rule for tier in RULES.values() for rule in tier]
    for rule in sorted(set(known) ^ set(rules)):
        yield f"{rule} is {'missing' if rule in known else 'no rule'}"
    for rule, entry in rules.items():
        status = _status(entry)
        if status not in ("done", "todo", "exempt"):
            yield f"{rule} is {status}"
        if status == "exempt" and not entry.get("comment"):
            yield f"{rule} is exempt without a reason"


def problems(root: Path) -> Iterator[str]:
    """Yield the problems of the quality scale."""
    folder = integration(root)
    rules = load_yaml_dict(str(folder / "quality_scale.yaml"))["rules"]
    manifest = json.loads((folder / "manifest.json").read_text())
    yield from _entries(rules)
    statuses = {rule: _status(entry) for rule, entry in rules.items()}
    done = {rule for rule, status in statuses.items() if status == "done"}
    yield from _tier(
        manifest.get("quality_scale"),
        {rule for rule, status in statuses.items() if status == "todo"},
    )
    yield from _claims(folder, done)
    if ("discovery" in done) is not bool(_DISCOVERIES & manifest.keys()):
        yield "discovery and the manifest contradict each other"


def _tier(claimed: str | None, todo: set[str]) -> Iterator[str]:
    """Yield the rules of the manifest's tier that are still to be done."""
    for tier, rules in RULES.items():
        if claimed is None:
            return
        for rule in sorted(todo.intersection(rules)):
            yield f"{rule} is to be done, and the manifest claims {claimed}"
        if tier == claimed:
            return


def _claims(folder: Path, done: set[str]) -> Iterator[str]:
    """Yield the claims that the code does not show."""
    for rule, (name, trace) in _TRACES.items():
        path = folder / name
        if rule in done and not (path.is_file() and re.search(trace, path.read_text())):
            yield f"{rule} is done, and {name} shows nothing of it"
    for platform in sorted(_PLATFORMS):
        path = folder / f"{platform}.py"
        if "parallel-updates" in done and not re.search(
            r"^PARALLEL_UPDATES\b", path.read_text(), re.MULTILINE
        ):
            yield f"parallel-updates is done, and {path.name} has none"
    for rule, name in (
        ("docs-triggers", "triggers.yaml"),
        ("docs-conditions", "conditions.yaml"),
    ):
        if (folder / name).exists() is not (rule in done):
            yield f"{rule} and {name} contradict each other"
