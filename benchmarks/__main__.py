"""Makes the table of all figures: our polls, the archive, the requests.

Usage, from the project's folder:
    .venv/bin/python -m benchmarks [--json FILE] [--docs]
`--docs` writes the table to docs/performance.md.
"""

import argparse
import asyncio
import json
import logging
from pathlib import Path

from homeassistant.util.dt import utcnow

from . import archive, asterisk, polls, speed
from .table import Row, machine, markdown

PAGE = """# Performance

What a poll costs, beside two references on the same simulated Imagicle, by turns in one process:

- **floor**: the same GET on the same session, and decoding its JSON, nothing else. For Asterisk: asking for the same list of
  channels, and splitting its lines.
- **`rest`**: Home Assistant's own integration of that name, with four template sensors (count, paused, oldest, longest): what
  you would use without Call Recorder.
- **ours**: Call Recorder with all its entities. It can cost less than the floor: a list in which only durations have moved since
  the last poll is compared as text, and decoded only when a duration is to be shown, every 30 seconds.

How often a recorder is asked is shown in
[How it works](https://github.com/call-recorder/call-recorder/blob/main/docs/how-it-works.md#how-data-is-updated).

Times are medians of the process' CPU time. `scripts/benchmark --docs` writes this page anew; it takes about ten minutes.

Measured on {date}: {machine}.

{table}"""


async def measure() -> list[Row]:
    """Measure everything, what is most sensitive first."""
    parts = (speed.measure, asterisk.measure, polls.measure, archive.measure)
    return [row for part in parts for row in await part()]


def main() -> None:
    """Print the table, and write it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--docs", action="store_true")
    arguments = parser.parse_args()
    rows = asyncio.run(measure())
    date = f"{utcnow():%Y-%m-%d}"
    table = markdown(rows)
    print(f"{date}: {machine()}\n\n{table}")
    if arguments.json:
        figures = [row.as_dict() for row in rows]
        facts = {"date": date, "machine": machine(), "figures": figures}
        text = json.dumps(facts, indent=2)
        arguments.json.write_text(f"{text}\n", encoding="utf-8")
    if arguments.docs:
        page = PAGE.format(date=date, machine=machine(), table=table)
        Path("docs/performance.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    # Several Home Assistants in one process log warnings about each other.
    logging.disable()
    main()
