"""The clients' session."""

from collections.abc import AsyncGenerator
from typing import Any
from unittest.mock import patch

from aiohttp import ClientSession, ThreadedResolver, web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.call_recorder.client_factory import create_client
from custom_components.call_recorder.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from simulator.office import Office
from simulator.recorder import Recorder
from simulator.server import Simulator
from tests.helpers.clock import Poll
from tests.helpers.entries import entry_data, set_up_recorder


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


class _Proxy:
    """Stands in front of a recorder by a name, and gives a cookie with each answer."""

    def __init__(self, recorder: Recorder) -> None:
        """Stand in front of a recorder."""
        self.given = 0
        self._recorder = recorder

    async def forward(self, request: web.Request) -> web.Response:
        """Ask the recorder, and add a cookie."""
        async with (
            ClientSession() as session,
            session.request(
                request.method,
                f"{self._recorder.url}{request.path_qs}",
                headers=request.headers,
                data=await request.read(),
            ) as answer,
        ):
            response = web.Response(
                status=answer.status,
                body=await answer.read(),
                content_type=answer.content_type,
            )
        self.given += 1
        response.set_cookie(f"session{self.given}", "x" * 1_000)
        return response


@pytest.mark.usefixtures("_resolver")
async def test_no_recorder_gets_a_cookie(
    hass: HomeAssistant,
    office: Office,
    simulator: Simulator,
    recorder_name: str,
    pass_time: Poll,
) -> None:
    """Polls, commands, the archive and what is pushed carry none, for every recorder."""
    recorder = simulator.recorders[recorder_name]
    proxy = _Proxy(recorder)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", proxy.forward)
    call = office.connect("102")
    office.start_recording(call)
    office.hang_up(call)
    office.connect("101")
    async with TestServer(app, host="localhost") as server:
        data: dict[str, Any] = entry_data(recorder)
        field = "ari_url" if "ari_url" in data else "url"
        data[field] = str(server.make_url("/"))
        await set_up_recorder(hass, data)
        for action, fields in (
            ("get_recordings", {}),
            (
                "start_recording",
                {"directory_number": recorder.directory_number(office.lines[0])},
            ),
            ("get_active_recordings", {}),
        ):
            await hass.services.async_call(
                DOMAIN, action, fields, blocking=True, return_response=True
            )
        await pass_time(61)
        await pass_time(301)
    assert proxy.given > 3
    assert [one for one in recorder.requests if "Cookie" in one.headers] == []
    assert not list(async_get_clientsession(hass).cookie_jar)
