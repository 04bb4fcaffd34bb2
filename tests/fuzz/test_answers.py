"""Any answer, whole and from a client's point of view."""

import asyncio
from random import Random

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.call_recorder.api import RECORDERS

from .corpus import Case, cases
from .mutation import Mutation
from .rounds import Bench, bench


@pytest.mark.parametrize("recorder", RECORDERS)
def test_spoiled_answers(recorder: str, socket_enabled: None) -> None:
    """What comes out is valid and can be written as JSON, or it is a recorder's error."""

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(random=st.randoms(use_true_random=False), sign_in=st.booleans())
    def ask(random: Random, sign_in: bool) -> None:
        asyncio.run(one_round(random, sign_in))

    async def one_round(random: Random, sign_in: bool) -> None:
        async with bench(recorder) as subject:
            await subject.run(Mutation(random), sign_in=sign_in)

    ask()


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
