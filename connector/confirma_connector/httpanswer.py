"""One whole answer of the service, as those see it who read what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Answer"]


@dataclass(slots=True)
class Answer:
    """Status, headers (by any case of their names) and content."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        """Whether it is of the 200s."""
        return 200 <= self.status_code < 300

    def taken(self) -> bytes:
        """Give the content away: a long one is held once."""
        content, self.content = self.content, b""
        return content
