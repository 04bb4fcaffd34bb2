"""Serves the card and the wallboard, and lets every dashboard load them.

What is served is built from the sources in the repository's own folder `frontend`.
"""

from hashlib import sha256
from pathlib import Path
from typing import Final

from homeassistant.components.frontend import (
    DOMAIN as FRONTEND_DOMAIN,
    add_extra_js_url,
)
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant

from ..const import DOMAIN

_MODULE: Final = Path(__file__).parent / "call-recorder.js"


async def async_setup_frontend(hass: HomeAssistant) -> None:
    """Serve the module to browsers; a Home Assistant without frontend does without."""
    content = await hass.async_add_executor_job(_MODULE.read_bytes)
    # Browsers keep the file for a month: another content needs another address.
    version = sha256(content).hexdigest()[:12]
    url = f"/{DOMAIN}/{version}/{_MODULE.name}"
    await hass.http.async_register_static_paths([StaticPathConfig(url, str(_MODULE))])
    if FRONTEND_DOMAIN in hass.config.components:
        add_extra_js_url(hass, url)
