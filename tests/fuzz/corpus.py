"""The answers that once brought something about that must not be."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Final, Self

CORPUS: Final = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Case:
    """The spoiled answers of one round, in their order."""

    name: str
    recorder: str
    answers: tuple[bytes, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a case from its file."""
        case = json.loads(path.read_text(encoding="utf-8"))
        answers = (text.encode("latin-1") for text in case["answers"])
        return cls(path.stem, case["recorder"], tuple(answers))

    def replay(self) -> Callable[[bytes], bytes]:
        """Return what puts the answers in place of the true ones; the last one stays."""
        answers: Iterator[bytes] = iter(self.answers)
        return lambda body: next(answers, self.answers[-1])


def cases() -> list[Case]:
    """Return all cases."""
    return [Case.read(path) for path in sorted(CORPUS.glob("*.json"))]
