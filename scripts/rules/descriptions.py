"""Services, triggers and conditions: each is described completely, and each description has its subject."""

from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any

import voluptuous as vol
from voluptuous.humanize import humanize_error

from homeassistant.helpers import config_validation as cv, selector
from homeassistant.util.yaml import load_yaml_dict

from . import integration

KINDS = ("services", "triggers", "conditions")


def _not_none(value: Any) -> Any:
    """Validate that the value is not empty."""
    if value is None:
        raise vol.Invalid("there is no value")
    return value


_FIELD = {
    vol.Optional("default"): _not_none,
    vol.Optional("example"): _not_none,
    vol.Optional("filter"): dict,
    vol.Optional("required"): bool,
    vol.Required("selector"): selector.validate_selector,
}
_SECTION = {
    vol.Optional("collapsed"): bool,
    vol.Required("fields"): {cv.slug: _FIELD},
}
SCHEMA = vol.Schema(
    {
        cv.slug: vol.Any(
            None,
            {
                vol.Optional("fields"): {cv.slug: vol.Any(_FIELD, _SECTION)},
                vol.Optional("target"): vol.Any(
                    None, selector.TargetSelector.CONFIG_SCHEMA
                ),
            },
        )
    }
)


def problems(root: Path) -> Iterator[str]:
    """Yield the problems of the services, triggers and conditions."""
    folder = integration(root)
    icons = json.loads((folder / "icons.json").read_text())
    texts = json.loads((folder / "translations" / "en.json").read_text())
    for kind in KINDS:
        path = folder / f"{kind}.yaml"
        described = load_yaml_dict(str(path)) if path.is_file() else {}
        # A name that starts with a dot is a part that others include.
        described = {name: one for name, one in described.items() if name[0] != "."}
        try:
            SCHEMA(described)
        except vol.Invalid as err:
            yield f"{path.name}: {humanize_error(described, err)}"
            continue
        yield from _differences(kind, "text", described, texts.get(kind, {}))
        yield from _differences(kind, "icon", described, icons.get(kind, {}))
        for name in described.keys() & texts.get(kind, {}).keys():
            yield from _one(
                f"{kind}.{name}", described[name] or {}, texts, texts[kind][name]
            )


def _differences(
    of: str, what: str, described: dict[str, Any], there: dict[str, Any]
) -> Iterator[str]:
    """Yield the names without a text or icon, and the texts or icons without a name."""
    for name in sorted(described.keys() - there.keys()):
        yield f"{of}.{name} has no {what}"
    for name in sorted(there.keys() - described.keys()):
        yield f"{of}.{name} has a {what} and is not there"


def _one(
    name: str, description: dict[str, Any], texts: dict[str, Any], own: dict[str, Any]
) -> Iterator[str]:
    """Yield the problems of one service, trigger or condition."""
    sections = {
        key: field
        for key, field in description.get("fields", {}).items()
        if "fields" in field
    }
    fields = {
        key: field
        for key, field in description.get("fields", {}).items()
        if key not in sections
    }
    for section in sections.values():
        if twice := sorted(fields.keys() & section["fields"].keys()):
            yield f"{name} has {twice} twice"
        fields |= section["fields"]
    yield from _differences(f"{name}.fields", "text", fields, own.get("fields", {}))
    yield from _differences(
        f"{name}.sections", "text", sections, own.get("sections", {})
    )
    for key, field in fields.items():
        yield from _select(f"{name}.{key}", field, texts.get("selector", {}))


def _select(name: str, field: dict[str, Any], texts: dict[str, Any]) -> Iterator[str]:
    """Yield the problems of a field's list of options."""
    select = field["selector"].get("select") or {}
    if (translation := select.get("translation_key")) is None:
        return
    if translation not in texts:
        yield f"{name}: the selector {translation} has no texts"
    elif set(texts[translation].get("options", {})) != set(select["options"]):
        yield f"{name}: the options of the selector {translation} differ from their texts"
