"""The PBX's display format of dates and times (System > Date and Time)."""

from datetime import datetime
from typing import Any

from .pbx import Pbx


def display_time(pbx: Pbx, moment: datetime) -> str:
    """Return a time in the PBX's format, by default "01/12/2022 17:36:24"."""
    local = moment.astimezone(pbx.office.time_zone)
    date = pbx.date_format.replace("YYYY", "%Y").replace("MM", "%m").replace("DD", "%d")
    time = "%I:%M:%S %p" if _has_meridiem(pbx) else "%H:%M:%S"
    return local.strftime(f"{date} {time}")


def system_information(pbx: Pbx) -> dict[str, Any]:
    """Return the answer of Query PBX Information; a 12-hour format shows the current meridiem."""
    now = pbx.office.now
    time_format = pbx.time_format
    if _has_meridiem(pbx):
        time_format = f"{time_format[:-2]}{now.astimezone(pbx.office.time_zone):%p}"
    return {
        "data": {
            "device_name": "PBX",
            "model_name": "P560",
            "sn": pbx.serial_number,
            "firmware_version": "37.23.0.123",
            "system_time": display_time(pbx, now),
            "up_time": 1_047_845,
            "system_date_format": pbx.date_format,
            "system_time_format": time_format,
            "timestamp": int(now.timestamp()),
        }
    }


def _has_meridiem(pbx: Pbx) -> bool:
    """Return whether times are shown with AM and PM."""
    return pbx.time_format.endswith(("AM", "PM"))
