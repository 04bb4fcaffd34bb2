"""Runs a real Home Assistant in a process of its own; signs in and sends requests as a browser does."""

from asyncio.subprocess import Process
from collections.abc import Mapping
from contextlib import suppress
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import ClientError, ClientResponse, ClientSession

from homeassistant.components.http.config import (
    HTTP_STORAGE_SCHEMA,
    STORAGE_KEY,
    STORAGE_MINOR_VERSION,
    STORAGE_VERSION,
)
from homeassistant.const import RESTART_EXIT_CODE

from .processes import DOMAIN, HOST, ROOT, Failure, start_module, stop, wait_for

# Not default_config: it calls the internet. Browsers on this machine need no login.
_CONFIGURATION: Final = f"""\
homeassistant:
  name: Call Recorder
  time_zone: Europe/Rome
  country: IT
  auth_providers:
    - type: trusted_networks
      trusted_networks: {HOST}
      allow_bypass_login: true
    - type: homeassistant

automation: !include automations.yaml
frontend:
history:
input_boolean:
  accounts_phone:
    name: Accounts phone in a call
    icon: mdi:phone-in-talk
logbook:
  # One row for each event, and none for each entity that it changes: docs/entities.md.
  exclude:
    domains: [binary_sensor, event, sensor, switch]
media_source:
script: !include scripts.yaml
system_health:
template:
  - light:
      # For the first automation of the README.
      - name: On air
        turn_on: []
        turn_off: []
"""


class HomeAssistant:
    """Home Assistant's process; it runs while the context lasts."""

    _process: Process
    _session: ClientSession

    def __init__(self, folder: Path, port: int, *components: Path) -> None:
        """Use a folder for everything; an earlier run's data in it is kept.

        `components` are set up beside the integration.
        """
        self.url = f"http://{HOST}:{port}"
        self.log = folder / "home-assistant.log"
        self._folder = folder
        self._port = port
        self._components = components

    async def __aenter__(self) -> Self:
        """Start, and sign in."""
        self._prepare_folder()
        self._session = ClientSession(self.url)
        await self._start()
        try:
            await wait_for(self._is_up)
            await self.sign_in()
            await wait_for(self._is_running)
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the process."""
        await self._stop()

    @property
    def process_id(self) -> int:
        """Return the id of Home Assistant's process."""
        return self._process.pid

    async def run(self) -> None:
        """Return when Home Assistant ends; start it again when a user restarts it."""
        while await self._process.wait() == RESTART_EXIT_CODE:
            await self._start()

    async def get(self, path: str) -> Any:
        """Return the JSON of a REST path."""
        async with self._session.get(path) as response:
            return await _answer(response)

    async def get_text(self, path: str) -> str:
        """Return a page as text."""
        async with self._session.get(path) as response:
            return await response.text()

    async def post(self, path: str, data: Mapping[str, Any]) -> Any:
        """Post JSON to a REST path and return the answer."""
        async with self._session.post(path, json=data) as response:
            return await _answer(response)

    async def delete(self, path: str) -> None:
        """Delete what a REST path names."""
        async with self._session.delete(path) as response:
            await _answer(response)

    async def command(self, **message: Any) -> Any:
        """Send one websocket command and return its result."""
        token = self._session.headers["Authorization"].removeprefix("Bearer ")
        async with self._session.ws_connect("/api/websocket") as websocket:
            await websocket.receive_json()
            await websocket.send_json({"type": "auth", "access_token": token})
            await websocket.receive_json()
            await websocket.send_json({"id": 1, **message})
            answer = await websocket.receive_json()
        if not answer["success"]:
            raise Failure(f"{message['type']}: {answer['error']['message']}")
        return answer["result"]

    def _prepare_folder(self) -> None:
        """Write the configuration and the storage that Home Assistant starts with."""
        storage = self._folder / ".storage"
        storage.mkdir(parents=True, exist_ok=True)
        (self._folder / "configuration.yaml").write_text(
            _CONFIGURATION + "".join(f"{path.name}:\n" for path in self._components)
        )
        # The editors of automations and scripts write into these.
        (self._folder / "automations.yaml").touch()
        (self._folder / "scripts.yaml").touch()
        components = self._folder / "custom_components"
        components.mkdir(exist_ok=True)
        for path in (ROOT / "custom_components" / DOMAIN, *self._components):
            (components / path.name).unlink(missing_ok=True)
            (components / path.name).symlink_to(path)

        # A port changed in YAML would be reverted after five minutes without confirmation.
        server = HTTP_STORAGE_SCHEMA({"server_host": HOST, "server_port": self._port})
        confirmed = {"created_at": "", "error": None, "error_message": None}
        _store(
            storage / STORAGE_KEY,
            STORAGE_VERSION,
            {
                "stable": {**server, **confirmed},
                "pending": None,
                "yaml_migration_done": True,
            },
            STORAGE_MINOR_VERSION,
        )

        # These onboarding steps would add integrations that call the internet.
        onboarding = storage / "onboarding"
        if not onboarding.exists():
            done = ["core_config", "integration", "analytics"]
            _store(onboarding, 4, {"done": done})

    async def _start(self) -> None:
        """Start the process; scripts/setup has installed what it needs."""
        self._process = await start_module(
            *("homeassistant", "--config", str(self._folder)),
            *("--log-no-color", "--skip-pip"),
            log=self.log,
            # From the project's folder, Python would find its custom_components first.
            folder=self._folder,
        )

    async def _stop(self) -> None:
        """Close the session and stop the process."""
        await self._session.close()
        await stop(self._process)

    async def _is_up(self) -> bool:
        """Return whether Home Assistant answers."""
        if self._process.returncode is not None:
            raise Failure(f"Home Assistant did not start; see {self.log}.")
        with suppress(ClientError):
            async with self._session.get("/manifest.json"):
                return True
        return False

    async def _is_running(self) -> bool:
        """Return whether Home Assistant has finished starting."""
        config = await self.get("/api/config")
        return bool(config["state"] == "RUNNING")

    async def sign_in(self) -> None:
        """Create the owner at the first start, then log in as a trusted network."""
        client = {"client_id": f"{self.url}/"}
        async with self._session.get("/api/onboarding") as response:
            # The path is gone when Home Assistant starts with all steps done.
            steps = await response.json() if response.ok else []
        if {"step": "user", "done": False} in steps:
            owner = {"name": "Demo", "username": "demo", "password": "demo"}
            await self.post(
                "/api/onboarding/users", {**client, **owner, "language": "en"}
            )
        login = await self.post(
            "/auth/login_flow",
            {
                **client,
                "handler": ["trusted_networks", None],
                "redirect_uri": f"{self.url}/",
            },
        )
        grant = {"grant_type": "authorization_code", "code": login["result"]}
        async with self._session.post(
            "/auth/token", data={**client, **grant}
        ) as response:
            token = (await _answer(response))["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"


async def _answer(response: ClientResponse) -> Any:
    """Return an answer's JSON; raise Failure for an error status."""
    if not response.ok:
        raise Failure(f"{response.url.path}: {await response.text()}")
    return await response.json()


def _store(path: Path, version: int, data: object, minor_version: int = 1) -> None:
    """Write a file of Home Assistant's storage."""
    path.write_text(
        json.dumps(
            {
                "version": version,
                "minor_version": minor_version,
                "key": path.name,
                "data": data,
            }
        )
    )
