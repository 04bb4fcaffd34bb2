"""Any answer, whole and from a client's point of view."""

from random import Random

import pytest

from custom_components.call_recorder.api import RECORDERS

from .corpus import Case, cases
from .mutation import Mutation
from .rounds import Bench, bench

ROUNDS = 20
"""The same ones each time; scripts/fuzz makes others."""


@pytest.mark.parametrize("recorder", RECORDERS)
async def test_spoiled_answers(recorder: str, socket_enabled: None) -> None:
    """What comes out is valid and can be written as JSON, or it is a recorder's error."""
    async with bench(recorder) as subject:
        for seed in range(ROUNDS):
            await subject.run(Mutation(Random(seed)), sign_in=seed % 5 > 0)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
async def test_corpus(case: Case, socket_enabled: None) -> None:
    """What was found once is not found again."""
    async with bench(case.recorder) as subject:
        await subject.run(case.replay())


@pytest.mark.parametrize("recorder", RECORDERS)
async def test_true_answers(recorder: str, socket_enabled: None) -> None:
    """The bench itself finds nothing in answers that are as they should be."""
    subject: Bench
    async with bench(recorder) as subject:
        await subject.run(bytes)
        assert subject.answers
