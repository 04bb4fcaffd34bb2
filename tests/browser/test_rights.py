"""What a user who may only look does not see: no buttons, and no archive."""

import json
from typing import Any

from aiohttp import ClientSession
from playwright.async_api import Page, expect

from .conftest import House, OpenPage


async def sign_in(url: str, user_id: str) -> dict[str, Any]:
    """Return the tokens of a user, as the frontend keeps them."""
    client = {"client_id": f"{url}/"}
    start = {
        **client,
        "handler": ["trusted_networks", None],
        "redirect_uri": f"{url}/",
    }
    async with ClientSession(url, raise_for_status=True) as session:
        async with session.post("/auth/login_flow", json=start) as response:
            flow = await response.json()
        path = f"/auth/login_flow/{flow['flow_id']}"
        async with session.post(path, json={**client, "user": user_id}) as response:
            code = (await response.json())["result"]
        grant = {**client, "grant_type": "authorization_code", "code": code}
        async with session.post("/auth/token", data=grant) as response:
            tokens: dict[str, Any] = await response.json()
    return {**tokens, "hassUrl": url, "clientId": f"{url}/", "expires": 4102444800000}


async def test_user_who_may_only_look(quiet_office: House, open_page: OpenPage) -> None:
    """The card shows what is active, and nothing to press or to listen to."""
    home_assistant = quiet_office.home_assistant
    created = await home_assistant.command(
        type="config/auth/create", name="Guest", group_ids=["system-read-only"]
    )
    user_id = created["user"]["id"]
    try:
        tokens = json.dumps(await sign_in(home_assistant.url, user_id))

        async def prepare(page: Page) -> None:
            await page.add_init_script(
                f"localStorage.setItem('hassTokens', {json.dumps(tokens)})"
            )

        await quiet_office.connect("102")
        page = await open_page("/one-card/0", is_new_browser=True, prepare=prepare)
        try:
            card = page.locator("call-recorder-card")
            await expect(card.locator("ul.rows > li.recording")).to_contain_text(
                "Sales"
            )
            await expect(card.locator("ul.lines > li")).to_have_count(3)
            await expect(card.get_by_role("button")).to_have_count(0)
            await expect(card.get_by_text("Latest recordings")).to_have_count(0)
        finally:
            # The page of a user who is gone signs in again and again: it cannot be closed.
            await page.close()
    finally:
        # With a second user, each one is asked to sign in.
        await home_assistant.command(type="config/auth/delete", user_id=user_id)
