"""The card comes with the integration: served, and loaded by every dashboard."""

from http import HTTPStatus

from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.call_recorder.const import DOMAIN
from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component


async def test_dashboards_load_the_card(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """The module is at an address of its own content, so that browsers may keep it."""
    assert await async_setup_component(hass, "frontend", {})
    assert await async_setup_component(hass, DOMAIN, {})
    (url,) = hass.data[DATA_EXTRA_MODULE_URL].urls
    client = await hass_client_no_auth()
    response = await client.get(url)
    assert response.status == HTTPStatus.OK
    assert response.content_type == "text/javascript"
    assert "max-age" in response.headers["Cache-Control"]
    assert "call-recorder-card" in await response.text()
    response = await client.get(f"{url.rpartition('/')[0]}/translations/it.json")
    assert response.status == HTTPStatus.OK
    assert (await response.json())["show"] == "Mostra"


async def test_no_frontend(hass: HomeAssistant) -> None:
    """A Home Assistant without frontend has recorders all the same."""
    assert await async_setup_component(hass, DOMAIN, {})
    assert "frontend" not in hass.config.components
