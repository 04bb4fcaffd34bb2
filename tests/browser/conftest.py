"""A quiet office, Home Assistant in front of its Imagicle, and pages that are signed in."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Page,
    StorageState,
    async_playwright,
    expect,
)
import pytest

from scripts.demo_ha.furnishing import add_line, add_recorder, stay_offline
from scripts.demo_ha.home_assistant import HomeAssistant
from scripts.demo_ha.processes import free_port
from scripts.demo_ha.simulator import Simulator

# Recorders are polled every ten seconds while something is recorded, every thirty otherwise.
expect.set_options(timeout=45_000)

CARD = "custom:call-recorder-card"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What stands before the browser."""

    home_assistant: HomeAssistant
    simulator: Simulator
    config_entry: str


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
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def signed_in(house: House, browser: Browser) -> StorageState:
    """Sign in once, as the trusted network lets everybody on this machine."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(house.home_assistant.url)
    await page.wait_for_function("localStorage.hassTokens")
    state = await context.storage_state()
    await context.close()
    return state


@pytest.fixture
async def open_page(
    house: House, browser: Browser, signed_in: StorageState
) -> AsyncGenerator[OpenPage]:
    """Return a function that opens a page; what went wrong in it fails the test."""
    troubles: list[str] = []
    contexts = []

    def note(message: ConsoleMessage) -> None:
        # Home Assistant's device picker asks the internet for the makers' logos.
        if message.type == "error" and "ERR_NAME_NOT_RESOLVED" not in message.text:
            troubles.append(f"{message.text} ({message.location['url']})")

    async def open_page(
        path: str,
        *,
        width: int = 1280,
        height: int = 900,
        prepare: Callable[[Page], Awaitable[None]] | None = None,
        has_own_errors: bool = False,
        **options: Any,
    ) -> Page:
        context = await browser.new_context(
            storage_state=signed_in,
            base_url=house.home_assistant.url,
            viewport={"width": width, "height": height},
            **options,
        )
        contexts.append(context)
        page = await context.new_page()
        if not has_own_errors:
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.on("console", note)
        if prepare is not None:
            await prepare(page)
        await page.goto(path)
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert troubles == []


@pytest.fixture
async def quiet_office(house: House) -> AsyncGenerator[House]:
    """Return the house; whatever the test began in the office is over afterwards."""
    yield house
    await house.simulator.hang_up("imagicle")


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the program that checks accessibility."""
    path = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
    return path.read_text()
