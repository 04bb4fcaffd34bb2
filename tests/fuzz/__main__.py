"""Spoils answers for so many seconds, and keeps in the corpus what it finds.

Usage: scripts/fuzz SECONDS [recorder ...]
"""

import asyncio
import json
import logging
from random import Random
import re
import sys
from time import monotonic, time_ns

from custom_components.call_recorder.api import RECORDERS

from .corpus import CORPUS
from .mutation import Mutation
from .rounds import Bench, Finding, bench

ROUNDS_AT_ONCE = 25
"""Rounds in front of one simulated recorder, before the next one's turn."""


async def fuzz(seconds: float, recorders: list[str]) -> tuple[int, int]:
    """Return how many rounds were made, and how many of them found something."""
    end, rounds, findings = monotonic() + seconds, 0, 0
    while monotonic() < end:
        recorder = recorders[rounds // ROUNDS_AT_ONCE % len(recorders)]
        async with bench(recorder) as subject:
            for _ in range(ROUNDS_AT_ONCE):
                rounds += 1
                findings += await fails(subject, time_ns())
    return rounds, findings


async def fails(subject: Bench, seed: int) -> bool:
    """Make a round; keep the answers when it finds something."""
    random = Random(seed)
    try:
        await subject.run(Mutation(random), sign_in=random.random() < 0.8)
    except Finding as finding:
        CORPUS.mkdir(exist_ok=True)
        # One case of each kind is enough to find the place.
        kind = re.sub(r"\W+", "-", str(finding))
        path = CORPUS / f"{subject.recorder.name}-{kind}.json"
        if path.exists():
            return True
        found = {
            "recorder": subject.recorder.name,
            "found": str(finding),
            "answers": [body.decode("latin-1") for body in subject.answers],
        }
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(f"{path.name}: {finding}", flush=True)
        return True
    return False


def main(seconds: str, *recorders: str) -> int:
    """Fuzz all recorders, or those that are named."""
    logging.disable()
    rounds, findings = asyncio.run(
        fuzz(float(seconds), list(recorders) or list(RECORDERS))
    )
    print(f"{rounds} rounds, {findings} findings")
    return min(findings, 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
