"""Counts what goes on inside a Home Assistant that is soaked."""

import asyncio
from collections import Counter
import gc
from pathlib import Path

from aiohttp import web

from homeassistant.components.http import HomeAssistantView
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Offer the counts."""
    hass.http.register_view(_ProbeView)
    return True


class _ProbeView(HomeAssistantView):
    """The counts, as JSON."""

    url = "/api/soak_probe"
    name = "api:soak_probe"

    async def get(self, request: web.Request) -> web.Response:
        """Count tasks, by the beginning of their names, and objects."""
        gc.collect()
        tasks = Counter(
            task.get_name().split(" ")[0].rstrip("-0123456789")
            for task in asyncio.all_tasks()
        )
        status = await asyncio.to_thread(Path("/proc/self/status").read_text)
        memory = next(row for row in status.splitlines() if row.startswith("VmRSS"))
        return self.json(
            {
                "tasks": sum(tasks.values()),
                "task_names": dict(tasks),
                "objects": len(gc.get_objects()),
                "memory_kib": int(memory.split()[1]),
            }
        )
