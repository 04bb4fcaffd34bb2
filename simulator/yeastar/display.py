"""The PBX's display format of dates and times (System > Date and Time)."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .server import Yeastar


def display_time(yeastar: Yeastar, moment: datetime) -> str:
    """Return "01/12/2022 17:36:24", or in whatever format the PBX is set to."""
    local = moment.astimezone(yeastar.office.time_zone)
    date = (
        yeastar.date_format.replace("YYYY", "%Y")
        .replace("MM", "%m")
        .replace("DD", "%d")
    )
    time = "%I:%M:%S %p" if _has_meridiem(yeastar) else "%H:%M:%S"
    return local.strftime(f"{date} {time}")


def system_information(yeastar: Yeastar) -> dict[str, Any]:
    """Return the answer of Query PBX Information; 12 hours show the current meridiem."""
    now = yeastar.office.now
    time_format = yeastar.time_format
    if _has_meridiem(yeastar):
        time_format = f"{time_format[:-2]}{now.astimezone(yeastar.office.time_zone):%p}"
    return {
        "data": {
            "device_name": "PBX",
            "model_name": "P560",
            "sn": yeastar.serial_number,
            "firmware_version": "37.23.0.123",
            "system_time": display_time(yeastar, now),
            "up_time": 1_047_845,
            "system_date_format": yeastar.date_format,
            "system_time_format": time_format,
            "timestamp": int(now.timestamp()),
        }
    }


def _has_meridiem(yeastar: Yeastar) -> bool:
    """Tell whether times are shown with AM and PM."""
    return yeastar.time_format.endswith(("AM", "PM"))
