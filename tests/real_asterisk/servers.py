"""Starts real servers for tests, one of each version at most."""

from pathlib import Path
from typing import Final

import pytest

from .server import RealAsterisk

_CACHE: Final = Path(__file__).parents[2] / ".cache" / "asterisk"


class Servers:
    """The servers of one test run."""

    def __init__(self, folder: Path) -> None:
        """Let each server have a folder below the given one."""
        self._folder = folder
        self._servers: dict[str, RealAsterisk] = {}

    def get(self, version: str) -> RealAsterisk:
        """Return the server of a version, running; skip the test if there is none."""
        if version not in self._servers:
            if not (_CACHE / version / "version").is_file():
                pytest.skip(f"scripts/asterisk --bring-only {version} was not run")
            self._servers[version] = self._start(_CACHE / version)
        server = self._servers[version]
        if not server.is_running:
            # A test that let it crash has failed.
            server.start()
        return server

    def _start(self, prefix: Path) -> RealAsterisk:
        """Start a server in a folder of its own."""
        folder = self._folder / prefix.name
        folder.mkdir()
        server = RealAsterisk(prefix, folder)
        server.start()
        return server

    def close(self) -> None:
        """End all servers."""
        for server in self._servers.values():
            server.stop()
