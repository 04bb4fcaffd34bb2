"""Lets pytest-homeassistant-custom-component load on Home Assistant 2026.11.

It looks for `_clear_logger_overwrites` where 2026.10 had it. Loaded by `-p` in pyproject.toml,
before that plugin. Goes away with a release of the plugin made for 2026.11.
"""

from homeassistant.components import logger
from homeassistant.components.logger import helpers

if not hasattr(logger, "_clear_logger_overwrites"):
    logger._clear_logger_overwrites = helpers._clear_logger_overwrites  # type: ignore[attr-defined]  # noqa: SLF001
