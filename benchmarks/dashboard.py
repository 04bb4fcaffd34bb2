"""Measures what the card costs a browser, beside a built-in entities card.

Both show 200 rows in a real Home Assistant: ours 200 active recordings, the other one
200 entities. The times run from the navigation, with an empty cache, until the browser
paints anything, and until the last row is there. Needs Chromium. Usage, from the project's folder:
    .venv/bin/python -m benchmarks.dashboard
"""

import asyncio
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Browser, Page, StorageState, async_playwright

from scripts.demo_ha.furnishing import add_recorder, list_entities, stay_offline
from scripts.demo_ha.home_assistant import HomeAssistant
from scripts.demo_ha.processes import free_port
from scripts.demo_ha.simulator import Simulator

ROWS = 200
TRIES = 5
SELECTORS = {
    "our-card": "ul.rows > li",
    "entities-card": "hui-generic-entity-row",
}
"""The rows of each card, by the path of its dashboard."""
FIND = """const find = (root, selector) => [
    ...root.querySelectorAll(selector),
    ...[...root.querySelectorAll("*")].flatMap(
        element => element.shadowRoot ? find(element.shadowRoot, selector) : [])];"""


async def furnish(home_assistant: HomeAssistant, simulator: Simulator) -> None:
    """Start the calls, and add a dashboard for each card."""
    for number in range(ROWS):
        await simulator.connect("imagicle", str(101 + number), recorded=True)
    await add_recorder(home_assistant, "imagicle", simulator.settings["imagicle"])
    entities = [
        entity["entity_id"]
        for entity in await list_entities(home_assistant)
        if entity["entity_id"].startswith("sensor.")
    ]
    rows = [entities[number % len(entities)] for number in range(ROWS)]
    cards: dict[str, dict[str, Any]] = {
        "our-card": {"type": "custom:call-recorder-card", "show": ["active"]},
        "entities-card": {"type": "entities", "entities": rows},
    }
    for path, card in cards.items():
        await home_assistant.command(
            type="lovelace/dashboards/create", url_path=path, title=path
        )
        section = {"type": "grid", "cards": [card]}
        await home_assistant.command(
            type="lovelace/config/save",
            url_path=path,
            config={"views": [{"type": "sections", "sections": [section]}]},
        )


async def open_page(browser: Browser, url: str, state: StorageState) -> Page:
    """Open a page that is signed in, with an empty cache."""
    context = await browser.new_context(base_url=url, storage_state=state)
    page = await context.new_page()
    # The browser remembers 250 by itself.
    await page.add_init_script("performance.setResourceTimingBufferSize(5000)")
    return page


async def time_rows(page: Page, path: str, selector: str) -> float:
    """Return the milliseconds from the navigation until all rows are there."""
    await page.goto(path)
    handle = await page.wait_for_function(
        f"""selector => {{
            {FIND}
            return find(document, selector).length >= {ROWS} && performance.now();
        }}""",
        arg=selector,
        timeout=60_000,
    )
    milliseconds: float = await handle.json_value()
    return milliseconds


async def time_first_paint(page: Page) -> float:
    """Return the milliseconds from the navigation until anything was painted."""
    milliseconds: float = await page.evaluate(
        "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    )
    return milliseconds


async def count_bytes(page: Page, part: str = "") -> int:
    """Return how many bytes the page has loaded from addresses with a part, compressed."""
    count: int = await page.evaluate(
        """part => performance.getEntriesByType("resource")
            .filter(({name}) => name.includes(part))
            .reduce((sum, {encodedBodySize}) => sum + encodedBodySize, 0)""",
        part,
    )
    return count


async def time_ticks(page: Page) -> float:
    """Return the milliseconds of scripts, styles and layout per second of clocks."""
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")

    async def busy() -> float:
        metrics = (await session.send("Performance.getMetrics"))["metrics"]
        values = {metric["name"]: metric["value"] for metric in metrics}
        return float(
            values["ScriptDuration"]
            + values["LayoutDuration"]
            + values["RecalcStyleDuration"]
        )

    before = await busy()
    await page.wait_for_timeout(10_000)
    return (await busy() - before) * 1000 / 10


async def measure(folder: Path) -> None:
    """Print the times and bytes."""
    home_assistant = HomeAssistant(folder, free_port())
    simulator = Simulator(
        folder / "simulator.log", any_ports=True, traffic="none", lines=ROWS
    )
    async with simulator, home_assistant, async_playwright() as playwright:
        await stay_offline(home_assistant)
        await furnish(home_assistant, simulator)
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        url = home_assistant.url
        page = await (await browser.new_context(base_url=url)).new_page()
        await page.goto("/")
        await page.wait_for_function("localStorage.hassTokens")
        state = await page.context.storage_state()
        await page.context.close()
        times: dict[str, list[float]] = {card: [] for card in SELECTORS}
        paints: dict[str, list[float]] = {card: [] for card in SELECTORS}
        # In turns: whatever else the machine does slows both down.
        for last in [False] * (TRIES - 1) + [True]:
            for card, selector in SELECTORS.items():
                page = await open_page(browser, url, state)
                times[card].append(await time_rows(page, f"/{card}/0", selector))
                paints[card].append(await time_first_paint(page))
                if last:
                    print(
                        f"{card}: painted after {median(paints[card]):.0f} ms,"
                        f" {ROWS} rows after {median(times[card]):.0f} ms,"
                        f" then {await time_ticks(page):.1f} ms of work per second;"
                        f" {await count_bytes(page) / 1000:.0f} kB loaded,"
                        f" {await count_bytes(page, 'call_recorder') / 1000:.0f} kB"
                        " of them ours"
                    )
                await page.context.close()
        await browser.close()


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        asyncio.run(measure(Path(name)))
