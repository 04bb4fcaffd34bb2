"""Translations: their structure, and what must not be in a text."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
import string
from typing import Any

import voluptuous as vol
from voluptuous.humanize import humanize_error

from homeassistant.helpers import config_validation as cv

from . import integration

_KEY = re.compile(r"(?!.*[_-]{2})[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?")
_QUOTED_PLACEHOLDER = re.compile(r"'\{\w+\}'")
_URL = re.compile(r"(?:\b\w+://|\bwww\.)\w", re.IGNORECASE)


def key(value: Any) -> str:
    """Validate a text's key."""
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise vol.Invalid(f"{value!r} is no key of a translation")
    return value


def placeholders(text: str) -> set[str]:
    """Return the names of a text's placeholders; raise `ValueError` if it is malformed."""
    return {
        name for _, name, _, _ in string.Formatter().parse(text) if name is not None
    }


def text(value: Any) -> str:
    """Validate a text."""
    checked: str = cv.string_with_no_html(value)
    if checked != checked.strip():
        raise vol.Invalid("blanks at an end")
    if _URL.search(checked):
        raise vol.Invalid("an address belongs into a placeholder")
    if _QUOTED_PLACEHOLDER.search(checked):
        raise vol.Invalid("a placeholder between single quotes is not replaced")
    if "[%" in checked:
        raise vol.Invalid("references are not resolved for custom integrations")
    try:
        names = placeholders(checked)
    except ValueError as err:
        raise vol.Invalid(f"malformed placeholder: {err}") from err
    if not all(name.isidentifier() for name in names):
        raise vol.Invalid("a placeholder is no name")
    return checked


def text_without_placeholders(value: Any) -> str:
    """Validate a text without placeholders."""
    checked = text(value)
    if placeholders(checked):
        raise vol.Invalid("placeholders are not replaced here")
    return checked


def keyed(inner: Any) -> Any:
    """Return the schema of a map from keys to texts."""
    return cv.schema_with_slug_keys(inner, slug_validator=key)


def _data_is_described(flow: dict[str, Any]) -> dict[str, Any]:
    """Validate that the descriptions are those of the form's fields."""
    for name, step in flow["step"].items():
        parts = [step, *step.get("sections", {}).values()]
        for part in parts:
            data, described = (
                set(part.get("data", ())),
                set(part.get("data_description", ())),
            )
            if difference := data ^ described:
                raise vol.Invalid(
                    f"step {name}: only one of data and data_description has {sorted(difference)}"
                )
    return flow


def _flow(extra: dict[Any, Any] | None = None) -> Any:
    """Return the schema of a flow's texts."""
    fields = {
        vol.Optional("data"): {str: text},
        vol.Optional("data_description"): {str: text},
        vol.Optional("description"): text,
    }
    step = {
        **fields,
        vol.Optional("title"): text,
        vol.Optional("submit"): text,
        vol.Optional("menu_options"): {str: text},
        vol.Optional("menu_option_descriptions"): {str: text},
        vol.Optional("sections"): {str: {**fields, vol.Optional("name"): text}},
    }
    flow = {
        vol.Required("step"): {str: step},
        vol.Optional("flow_title"): text,
        **{
            vol.Optional(part): {str: text}
            for part in ("abort", "create_entry", "error", "progress")
        },
        **(extra or {}),
    }
    return vol.All(vol.Schema(flow), _data_is_described)


def _described(extra: dict[Any, Any] | None = None) -> Any:
    """Return the schema of things with a name, a description and fields."""
    field = {
        vol.Required("name"): text,
        vol.Required("description"): text,
        vol.Optional("example"): text,
    }
    return {
        vol.Required("name"): text,
        vol.Required("description"): text,
        vol.Optional("fields"): keyed(field),
        **(extra or {}),
    }


_STATES = keyed(text_without_placeholders)
_ENTITY = {
    vol.Optional("name"): text,
    vol.Optional("state"): _STATES,
    vol.Optional("state_attributes"): keyed(
        {
            vol.Optional("name"): text_without_placeholders,
            vol.Optional("state"): _STATES,
        }
    ),
    vol.Optional("unit_of_measurement"): text_without_placeholders,
}
_SUBENTRY = {
    vol.Required("entry_type"): text,
    vol.Required("initiate_flow"): {vol.Required("user"): text, str: text},
}
_ISSUE = vol.All(
    cv.has_at_least_one_key("description", "fix_flow"),
    {
        vol.Required("title"): text,
        vol.Exclusive("description", "fixable"): text,
        vol.Exclusive("fix_flow", "fixable"): _flow(),
    },
)
SCHEMA = vol.Schema(
    {
        vol.Optional("title"): text,
        vol.Optional("common"): vol.Schema({cv.slug: text}),
        vol.Optional("conditions"): keyed(_described()),
        vol.Optional("config"): _flow(
            {vol.Optional("initiate_flow"): {vol.Required("user"): text}}
        ),
        vol.Optional("config_subentries"): keyed(_flow(_SUBENTRY)),
        vol.Optional("device"): keyed({vol.Optional("name"): text}),
        vol.Optional("entity"): keyed(keyed(_ENTITY)),
        vol.Optional("exceptions"): keyed({vol.Required("message"): text}),
        vol.Optional("issues"): keyed(_ISSUE),
        vol.Optional("options"): _flow(),
        vol.Optional("selector"): keyed(
            {
                vol.Optional("choices"): keyed(text),
                vol.Optional("options"): keyed(text),
                vol.Optional("unit_of_measurement"): keyed(text),
                vol.Optional("fields"): keyed(
                    {vol.Required("name"): text, vol.Required("description"): text}
                ),
            }
        ),
        vol.Optional("services"): keyed(
            _described(
                {
                    vol.Optional("sections"): keyed(
                        {vol.Required("name"): text, vol.Optional("description"): text}
                    )
                }
            )
        ),
        vol.Optional("system_health"): {vol.Optional("info"): keyed(text)},
        vol.Optional("triggers"): keyed(_described()),
    }
)


def problems(root: Path) -> Iterator[str]:
    """Yield the problems of the translations."""
    folder = integration(root) / "translations"
    if not (folder / "en.json").is_file():
        yield "en.json is missing"
    for path in sorted(folder.iterdir()):
        try:
            texts = json.loads(path.read_text())
        except ValueError as err:
            yield f"{path.name}: {err}"
            continue
        try:
            SCHEMA(texts)
        except vol.Invalid as err:
            yield f"{path.name}: {humanize_error(texts, err)}"
