"""Counts tasks, objects and memory inside the Home Assistant that is soaked."""

import asyncio
from collections import Counter
import gc
from pathlib import Path

from aiohttp import web

from homeassistant.components.http import HomeAssistantView
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the view."""
    hass.http.register_view(_ProbeView)
    return True


class _ProbeView(HomeAssistantView):
    """Answers with the counts as JSON."""

    url = "/api/soak_probe"
    name = "api:soak_probe"

    async def get(self, request: web.Request) -> web.Response:
        """Count tasks (also by the start of their names), objects and resident memory."""
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
