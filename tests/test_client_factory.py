"""The clients' session."""

from collections.abc import AsyncGenerator
from unittest.mock import patch

from aiohttp import ThreadedResolver, web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.call_recorder.client_factory import create_client
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession


class _Resolver(ThreadedResolver):
    """Resolves names; Home Assistant's connector closes it by its own name."""

    real_close = ThreadedResolver.close


class _Recorder:
    """Answers with an idle Imagicle's live list, and a cookie for each user."""

    def __init__(self) -> None:
        """Start without requests."""
        self.cookies: list[dict[str, str]] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Note the cookies that came, and set one."""
        self.cookies.append(dict(request.cookies))
        response = web.json_response([])
        response.set_cookie("ASP.NET_SessionId", f"session{len(self.cookies)}")
        return response


@pytest.fixture
async def recorder(socket_enabled: None) -> AsyncGenerator[tuple[_Recorder, str]]:
    """Run the recorder; return it with its address."""
    recorder = _Recorder()
    app = web.Application()
    app.router.add_get("/{path:.*}", recorder.answer)
    async with TestServer(app, host="localhost") as server:
        yield recorder, str(server.make_url("/"))


@pytest.fixture
async def _resolver() -> AsyncGenerator[None]:
    """Resolve names: no jar keeps the cookies of an IP address."""
    with patch(
        "homeassistant.helpers.aiohttp_client._async_make_resolver",
        return_value=_Resolver(),
    ):
        yield


@pytest.mark.usefixtures("_resolver")
async def test_no_cookies_are_kept(
    hass: HomeAssistant, recorder: tuple[_Recorder, str]
) -> None:
    """No user's request carries another one's cookie, and no jar is filled."""
    server, url = recorder
    for username in ("ann", "bob"):
        client = create_client(
            hass,
            {
                "recorder": "imagicle",
                "url": url,
                "username": username,
                "password": "secret",
                "verify_ssl": True,
            },
        )
        for _ in range(2):
            await client.get_live_state()
        await client.close()
    assert server.cookies == [{}] * 4
    assert not list(async_get_clientsession(hass).cookie_jar)
