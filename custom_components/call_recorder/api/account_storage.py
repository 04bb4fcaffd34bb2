"""The few facts that a client keeps across restarts, such as tokens or positions."""

import asyncio
from typing import Any, Final

from .client import Storage

_ACCOUNT: Final = "account"


class AccountStorage:
    """Facts about one account at one address, saved as soon as they change.

    What was stored for another account, or for the same one elsewhere, is never used:
    Reconfigure may point an entry there.
    """

    def __init__(self, storage: Storage | None, account: str) -> None:
        """Take the `unique_id` as the account. Without storage, nothing outlives a restart."""
        self._storage = storage
        self._account = account
        self._facts: dict[str, Any] | None = None
        self._lock = asyncio.Lock()

    async def get(self, name: str) -> Any:
        """Return a fact, or `None`."""
        return (await self._load()).get(name)

    async def set(self, name: str, fact: Any) -> None:
        """Keep a fact, and save it before going on."""
        await self._load()
        async with self._lock:
            self._facts = {**(self._facts or {}), name: fact}
            if self._storage is not None:
                await self._storage.save({_ACCOUNT: self._account, **self._facts})

    def close(self) -> None:
        """Save nothing from now on.

        After a reload, another client saves its facts. A command of this one that is
        still under way must not overwrite them with old ones.
        """
        self._storage = None

    async def _load(self) -> dict[str, Any]:
        """Return all facts; read them once."""
        async with self._lock:
            if self._facts is None:
                stored = await self._storage.load() if self._storage else None
                if stored is None or stored.get(_ACCOUNT) != self._account:
                    stored = {}
                self._facts = {
                    name: fact for name, fact in stored.items() if name != _ACCOUNT
                }
            return self._facts
