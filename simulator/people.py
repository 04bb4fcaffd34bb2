"""The people of the office, and those who call it."""

from .calls import Line
from .identifiers import mix

_COLLEAGUES = (
    ("Anna", "Rossi"),
    ("Marco", "Bianchi"),
    ("Evelyn", "Carter"),
    ("Leo", "Ball"),
    ("Dave", "Harris"),
    ("Chiara", "Conti"),
    ("Jonas", "Weber"),
    ("Sofia", "Moreau"),
    ("Peter", "Novak"),
    ("Irene", "Greco"),
    ("Tom", "Baker"),
    ("Lucia", "Romano"),
)
_TEAMS = (
    ("Sales", "Front Office"),
    ("Support", "Help Desk"),
    ("Accounts", "Back Office"),
)
_CONTACTS = (
    ("John", "Doe"),
    ("Mary", "Major"),
    ("Jane", "Roe"),
    ("Richard", "Miles"),
    ("Paula", "Gold"),
    ("Hans", "Meier"),
    ("Giulia", "Ferri"),
    ("Ahmed", "Karim"),
)
CALLERS = 20


def hire(lines: int) -> list[Line]:
    """Return the office's lines, numbered from 101."""
    return [_line(index) for index in range(lines)]


def _line(index: int) -> Line:
    """Return one line; repeated names get a number behind them."""
    first_name, last_name = _COLLEAGUES[index % len(_COLLEAGUES)]
    turn = index // len(_COLLEAGUES)
    group, department = _TEAMS[index % len(_TEAMS)]
    return Line(
        number=str(101 + index),
        phone_number=f"+1919555{101 + index:04}",
        device_name=f"SEP{mix(0, index, 1) % 16**12:012X}",
        username=f"{first_name}.{last_name}{turn or ''}".lower(),
        numeric_user_id=str(654321 + index),
        first_name=first_name,
        last_name=f"{last_name} {turn}" if turn else last_name,
        group=group,
        department=department,
    )


def caller(pick: int) -> tuple[str, tuple[str, str] | None]:
    """Return a remote party's number, and its name if the contact is known."""
    index = pick % CALLERS
    number = f"+1555{7123456 + index * 8807}"
    return number, _CONTACTS[index] if index < len(_CONTACTS) else None
