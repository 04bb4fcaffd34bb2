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
_TRANSLATIONS: Final = Path(__file__).parent / "translations"


async def async_setup_frontend(hass: HomeAssistant) -> None:
    """Serve the module to browsers; a Home Assistant without frontend does without."""
    base = f"/{DOMAIN}/{await hass.async_add_executor_job(_version)}"
    url = f"{base}/{_MODULE.name}"
    await hass.http.async_register_static_paths(
        [
            StaticPathConfig(url, str(_MODULE)),
            # The module fetches the user's language from there.
            StaticPathConfig(f"{base}/translations", str(_TRANSLATIONS)),
        ]
    )
    if FRONTEND_DOMAIN in hass.config.components:
        add_extra_js_url(hass, url)


def _version() -> str:
    """Return what changes with what is served: browsers keep files for a month."""
    content = sha256()
    for path in (_MODULE, *sorted(_TRANSLATIONS.iterdir())):
        content.update(path.read_bytes())
    return content.hexdigest()[:12]
