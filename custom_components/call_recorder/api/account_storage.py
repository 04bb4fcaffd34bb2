"""What a Yeastar client keeps across restarts."""

import asyncio
from typing import Any, Final

from .client import Storage

_ACCOUNT: Final = "account"


class Memory:
    """A few facts about one account, saved as soon as they change."""

    def __init__(self, storage: Storage | None, account: str) -> None:
        """Name the account: what is stored of another one is never used."""
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
