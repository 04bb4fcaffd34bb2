"""What the activity log of the real frontend shows of our events."""

from playwright.async_api import Page, expect

from .conftest import House, OpenPage


async def require_row(house: House, page: Page, digits: str) -> None:
    """Require that a recording that starts is one sentence, at once and from the database."""
    await expect(page.get_by_text("Today").first).to_be_visible()
    await house.connect("102", remote=f"+390551234{digits}")
    row = page.get_by_text(f"recording started, •••{digits}").first
    await expect(row).to_be_visible()
    await expect(row).to_contain_text("Sales")
    await page.reload()
    await expect(row).to_be_visible()


async def test_a_row_names_the_line(quiet_office: House, open_page: OpenPage) -> None:
    """The log of all names the line, and has no row of an entity that is excluded."""
    page = await open_page("/logbook")
    await require_row(quiet_office, page, "298")
    await expect(page.get_by_text("Recording state")).to_have_count(0)


async def test_filtered_for_a_line(quiet_office: House, open_page: OpenPage) -> None:
    """Who picks the line in the filters of the log is shown what happened on it."""
    devices = await quiet_office.home_assistant.command(
        type="config/device_registry/list"
    )
    (sales,) = (device["id"] for device in devices if device["name"] == "Sales")
    page = await open_page(f"/logbook?device_id={sales}")
    await require_row(quiet_office, page, "412")
