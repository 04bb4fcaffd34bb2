"""Looks at a page: at each size, and with axe."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

SIZES = {"phone": (320, 900), "tablet": (800, 1100), "wall": (1920, 1080)}


async def require_no_overflow(page: Page) -> None:
    """Fail when something is wider than its card."""
    wide = await page.locator("call-recorder-card").evaluate_all(
        """cards => cards.flatMap(card =>
            [...card.shadowRoot.querySelectorAll("ha-card, .head, .body, ul, li, section")]
                .filter(part => part.scrollWidth > part.clientWidth + 1)
                .map(part => `${part.localName}.${part.className}: ${part.scrollWidth} > ${part.clientWidth}`))"""
    )
    assert wide == []


async def require_accessible(page: Page, axe: str) -> None:
    """Fail when axe finds anything in our cards."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(axe)
    found: list[dict[str, Any]] = await page.evaluate(
        """async () => {
            const find = root => [...root.querySelectorAll("*")].flatMap(element => [
                ...(element.localName === "call-recorder-card" ? [element] : []),
                ...(element.shadowRoot ? find(element.shadowRoot) : [])]);
            const violations = [];
            for (const card of find(document)) {
                const result = await axe.run(card);
                violations.push(...result.violations.map(({id, nodes}) =>
                    ({id, nodes: nodes.map(node => node.html + node.failureSummary)})));
            }
            return violations;
        }"""
    )
    assert found == []


async def show_sizes(page: Page, pictures: Path, axe: str | None = None) -> None:
    """Show a page at each size: nothing may be cut off, nor axe, if given, find anything."""
    for size, (width, height) in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        await page.screenshot(path=pictures / f"{size}.png", animations="disabled")
        await require_no_overflow(page)
        if axe is not None:
            await require_accessible(page, axe)
