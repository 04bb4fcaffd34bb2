"""A quiet office, Home Assistant in front of its Imagicle, and pages that are signed in."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
import re
from typing import Any, Literal

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    async_playwright,
    expect,
)
import pytest

from scripts.demo_ha.furnishing import add_line, add_recorder, stay_offline
from scripts.demo_ha.home_assistant import HomeAssistant
from scripts.demo_ha.processes import free_port
from scripts.demo_ha.simulator import Simulator

PATIENCE = 60_000
"""Milliseconds that a busy machine may need for what takes a moment."""
expect.set_options(timeout=PATIENCE)

CARD = "custom:call-recorder-card"
RECORDING = "binary_sensor.imagicle_recording"
DASHBOARDS: dict[str, dict[str, Any]] = {
    "one-card": {
        "views": [
            {
                "type": "sections",
                "sections": [{"type": "grid", "cards": [{"type": CARD}]}],
            }
        ]
    },
    "whole-page": {"views": [{"type": "panel", "cards": [{"type": CARD}]}]},
    "one-line": {"views": []},
    "wall-board": {"strategy": {"type": "custom:call-recorder-wallboard"}},
}

type OpenPage = Callable[..., Awaitable[Page]]
type Prepare = Callable[[Page], Awaitable[None]]
type Scheme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What stands before the browser."""

    home_assistant: HomeAssistant
    simulator: Simulator
    config_entry: str

    async def connect(self, *lines: str, **call: Any) -> None:
        """Connect calls that have been recorded for a while, and let that be seen."""
        for line in lines:
            await self.simulator.connect(
                "imagicle", line, recorded=True, seconds=90, **call
            )
        await self.poll()

    async def poll(self) -> None:
        """Ask the recorder now: by itself that would take up to thirty seconds."""
        await self.home_assistant.post(
            "/api/services/homeassistant/update_entity",
            {"entity_id": RECORDING},
        )


@pytest.fixture(scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[House]:
    """Run Home Assistant with an Imagicle, three lines and three dashboards."""
    folder = tmp_path_factory.mktemp("house")
    home_assistant = HomeAssistant(folder, free_port())
    simulator = Simulator(folder / "simulator.log", any_ports=True, traffic="none")
    async with simulator, home_assistant:
        await stay_offline(home_assistant)
        entry = await add_recorder(
            home_assistant, "imagicle", simulator.settings["imagicle"]
        )
        assert entry is not None
        for number, name in (
            ("101", "Reception"),
            ("102", "Sales"),
            ("103", "Support"),
        ):
            await add_line(home_assistant, entry, name, directory_number=number)
        for path, config in DASHBOARDS.items():
            await home_assistant.command(
                type="lovelace/dashboards/create", url_path=path, title=path
            )
            await home_assistant.command(
                type="lovelace/config/save", url_path=path, config=config
            )
        running = asyncio.create_task(home_assistant.run())
        yield House(
            home_assistant=home_assistant, simulator=simulator, config_entry=entry
        )
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture(scope="session")
async def browser() -> AsyncGenerator[Browser]:
    """Run Chromium without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[
                "--no-sandbox",
                "--autoplay-policy=no-user-gesture-required",
                # Nothing is drawn for a graphics card that is not there.
                "--disable-gpu",
            ],
        )
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def shared_context(
    house: House, browser: Browser
) -> AsyncGenerator[BrowserContext]:
    """Sign in once, as the trusted network lets everybody on this machine.

    The browser keeps what it has loaded, as that of a user does.
    """
    context = await browser.new_context(base_url=house.home_assistant.url)
    page = await context.new_page()
    await page.goto("/")
    await page.wait_for_function("localStorage.hassTokens")
    await page.close()
    yield context
    await context.close()


@pytest.fixture
async def open_page(
    house: House, browser: Browser, shared_context: BrowserContext
) -> AsyncGenerator[OpenPage]:
    """Return a function that opens a page; what went wrong in it fails the test."""
    url = house.home_assistant.url
    troubles: list[str] = []
    opened: list[Page | BrowserContext] = []

    def note(message: ConsoleMessage) -> None:
        # Home Assistant's device picker asks the internet for the makers' logos.
        if message.type == "error" and "ERR_NAME_NOT_RESOLVED" not in message.text:
            troubles.append(f"{message.text} ({message.location['url']})")

    async def new_page(*, is_new_browser: bool) -> Page:
        if not is_new_browser:
            opened.append(page := await shared_context.new_page())
            return page
        state = await shared_context.storage_state()
        context = await browser.new_context(
            storage_state=state, service_workers="block"
        )
        opened.append(context)
        return await context.new_page()

    async def open_page(
        path: str,
        *,
        width: int = 1280,
        height: int = 900,
        scheme: Scheme = "light",
        is_new_browser: bool = False,
        prepare: Prepare | None = None,
        has_own_errors: bool = False,
    ) -> Page:
        page = await new_page(is_new_browser=is_new_browser)
        page.set_default_timeout(PATIENCE)
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=scheme)
        if not has_own_errors:
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.on("console", note)
        if prepare is not None:
            await prepare(page)
        await page.goto(f"{url}{path}")
        return page

    yield open_page
    for part in opened:
        await part.close()
    assert troubles == []


def play_button(page: Page) -> Locator:
    """Return the button that plays the newest recording of at least a minute."""
    minute = page.locator(".duration", has_text=re.compile(r"[1-9]\d*:\d\d"))
    rows = page.locator("call-recorder-card ul.rows > li", has=minute)
    return rows.get_by_role("button", name="Play the recording").first


@pytest.fixture
async def quiet_office(house: House) -> AsyncGenerator[House]:
    """Return the house; whatever the test started in the office is over afterwards."""
    yield house
    await house.simulator.clear_faults("imagicle")
    await house.simulator.hang_up("imagicle")
    await house.poll()


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the program that checks accessibility."""
    path = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
    return path.read_text()
