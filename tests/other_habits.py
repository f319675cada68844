"""The habits of another server: all that the contract leaves open, each as it could be, drawn by a seed."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from other_wire import Wire

__all__ = ["ARCHIVED", "HABITS", "Habits", "habits_of"]

ARCHIVED = 1003
"""The invoice that servers of other habits end with a word that no contract knows."""


@dataclass(frozen=True)
class Habits:
    """What the contract leaves open. Times by *skew* differ from ours by so many seconds; None sends no `Date`.

    *page* is how many records an answer holds at most, *archived* the number that ends with a word of its own. *twins* lists every record twice, counted twice or once.
    """

    wire: Wire = field(default_factory=Wire)
    skew: float | None = None
    number: Literal["integer", "string", "zeros"] = "zeros"
    array: str = "deliveries"
    status: str = "distributionStatus"
    message: str = "reason"
    word: Literal["upper", "lower", "title"] = "lower"
    total: Literal["integer", "string"] = "integer"
    created: Literal["", "Z", "offset", "dotnet", "date"] = ""
    dated: Literal["", "date", "midnight", "utc"] = ""
    order: Literal["taken", "newest", "any"] = "taken"
    gross: bool = False
    page: int = 0
    twins: Literal["", "counted twice", "counted once"] = ""
    more: bool = False
    lag: float = 0.0
    archived: int = 0
    life: tuple[str, ...] = ("INTERMEDIATED",)
    taking: tuple[int, bytes] = (202, b"")
    refusing: tuple[int, str, bytes] = (400, "application/json", b'{"message": "postal code"}')
    waiting: Literal["", "seconds", "date"] = ""

    def calm(self) -> Habits:
        """Give the same habits without hanging up unannounced: what a story without disturbance has."""
        return replace(self, wire=replace(self.wire, keeps=0.0))


def _asked_to(said: object) -> bytes:
    return json.dumps(said).encode()


_LIFE = ("PAUSED", "ACCEPTED", "INTERMEDIATED")
HABITS: dict[str, tuple[Any, ...]] = {
    "wire": (
        Wire(),
        Wire("HTTP/1.0", "length", hints=False, names="lower"),
        Wire("HTTP/1.1", "length", names="upper", cookie=True),
        Wire("HTTP/1.1", "length", keeps=0.6, names="lower", zipped=True),
        Wire("HTTP/1.1", "chunked", keeps=0.8, hints=True, cookie=True),
        Wire("HTTP/1.1", "chunked", keeps=1.0, zipped=True, names="upper"),
        Wire("HTTP/1.1", "close", hints=True, zipped=True),
    ),
    "skew": (None, 0.0, 0.0, -7200.0, 86_400.0),
    "number": ("integer", "string", "zeros"),
    "array": ("distributions", "deliveries", "Items"),
    "status": ("status", "distributionStatus", "deliveryStatus"),
    "message": ("message", "errorMessage", "error", "description", "reason"),
    "word": ("upper", "lower", "title"),
    "total": ("integer", "string"),
    "created": ("", "Z", "offset", "dotnet", "date"),
    "dated": ("", "date", "midnight", "utc"),
    "order": ("taken", "newest", "any"),
    "gross": (False, True),
    "page": (0, 0, 4),
    "twins": ("", "", "counted twice", "counted once"),
    "more": (False, True),
    "lag": (0.0, 0.0, 0.1),
    "life": (_LIFE[2:], _LIFE, ("PAUSED", "PAUSED", "INVOICED")),
    "taking": (
        (200, b""),
        (202, b""),
        (201, _asked_to({"Message": "ok", "status": "PAUSED", "id": {"case": [1, 2]}})),
        (200, _asked_to({"invoiceNumber": "7", "status": "QUEUED-AT-OUR-PLACE"})),
        (200, b'\xef\xbb\xbf"Invoice received"'),
        (207, b"[]"),
    ),
    "refusing": (
        (400, "application/json", _asked_to({"Message": "postal code"})),
        (402, "application/json", _asked_to({"errors": ["postal code"]})),
        (422, "application/json; charset=UTF-8", _asked_to({"errors": [{"path": "/a", "detail": "postal code"}]})),
        (400, "application/problem+json", _asked_to({"title": "Bad", "errors": {"a.b": ["postal code", "long"]}})),
        (400, "text/plain", b"postal code"),
        (413, "", _asked_to("postal code")),
    ),
    "waiting": ("", "seconds", "date"),
}
"""The habits there are: a server has one of each."""


def habits_of(seed: object) -> Habits:
    """Draw the habits of one server. One whose clock differs by whole seconds has no lag shorter than them."""
    dice = random.Random(f"habits {seed}")
    drawn = {name: dice.choice(choices) for name, choices in HABITS.items()}
    return Habits(archived=ARCHIVED, **drawn | ({"lag": 0.0} if drawn["skew"] else {}))
