"""Brings and starts real servers for tests, one of each version at most."""

from pathlib import Path
import subprocess
from typing import Final

import pytest

from .server import RealAsterisk

_ROOT: Final = Path(__file__).parents[2]


class Servers:
    """The servers of one test run."""

    def __init__(self, folder: Path) -> None:
        """Let each server have a folder below the given one."""
        self._folder = folder
        self._servers: dict[str, RealAsterisk] = {}
        self._missing: dict[str, str] = {}

    def get(self, version: str) -> RealAsterisk:
        """Return the server of a version that runs; skip the test if there is none."""
        if version not in self._servers and version not in self._missing:
            bring = subprocess.run(
                [_ROOT / "scripts" / "asterisk", "--bring-only", version],
                capture_output=True,
                text=True,
                check=False,
            )
            if bring.returncode:
                self._missing[version] = bring.stderr.strip().rpartition("\n")[2]
            else:
                self._servers[version] = self._start(version)
        if version in self._missing:
            pytest.skip(self._missing[version])
        return self._servers[version]

    def _start(self, version: str) -> RealAsterisk:
        """Start a server in a folder of its own."""
        folder = self._folder / version
        folder.mkdir()
        server = RealAsterisk(_ROOT / ".cache" / "asterisk" / version, folder)
        server.start()
        return server

    def close(self) -> None:
        """End all servers."""
        for server in self._servers.values():
            server.stop()
