"""The facts that a client keeps across restarts."""

from typing import Any

from custom_components.call_recorder.api.account_storage import AccountStorage


class _File:
    """Keeps what is saved, as Home Assistant's file does."""

    data: dict[str, Any] | None = None

    async def load(self) -> dict[str, Any] | None:
        """Return what was saved last."""
        return self.data

    async def save(self, data: dict[str, Any]) -> None:
        """Save."""
        self.data = data


async def test_facts_outlive_a_restart() -> None:
    """What was kept is there again for the same account at the same address."""
    file = _File()
    storage = AccountStorage(file, "http://one.example|ann")
    await storage.set("position", 7)
    await storage.set("tokens", {"access": "a"})
    again = AccountStorage(file, "http://one.example|ann")
    assert await again.get("position") == 7
    assert await again.get("tokens") == {"access": "a"}
    assert await again.get("account") is None


async def test_facts_of_others_are_not_used() -> None:
    """Another account, or the same one at another address, starts without facts."""
    file = _File()
    await AccountStorage(file, "http://one.example|ann").set("position", 7)
    for account in ("http://one.example|bob", "http://two.example|ann"):
        assert await AccountStorage(file, account).get("position") is None
    moved = AccountStorage(file, "http://two.example|ann")
    await moved.set("position", 8)
    assert await AccountStorage(file, "http://one.example|ann").get("position") is None


async def test_without_a_file() -> None:
    """Without storage the facts last as long as the client."""
    storage = AccountStorage(None, "account")
    await storage.set("position", 7)
    assert await storage.get("position") == 7


async def test_a_reload_during_a_command() -> None:
    """What a closed client still learns does not replace what the next one has saved."""
    file = _File()
    before = AccountStorage(file, "account")
    await before.set("tokens", "old")
    before.close()
    after = AccountStorage(file, "account")
    await after.set("tokens", "new")
    await before.set("commands", {})
    assert await AccountStorage(file, "account").get("tokens") == "new"
