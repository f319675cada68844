"""Keyrings for tests: one that keeps its entries in memory, and some that do worse."""

from __future__ import annotations

from keyring.backend import KeyringBackend

__all__ = ["MemoryKeyring"]


class MemoryKeyring(KeyringBackend):
    """It keeps its entries in *entries*, by service and user, and counts the questions put to it.

    *priority* below 1 is what the library calls not recommended. It may forget at once, or break with the key in its
    complaint.
    """

    priority = 5  # type: ignore[assignment]

    def __init__(self, priority: float = 5, *, forgets: bool = False, breaks: bool = False) -> None:
        super().__init__()
        self.priority = priority
        self.forgets = forgets
        self.breaks = breaks
        self.entries: dict[tuple[str, str], str] = {}
        self.questions = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.questions += 1
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.breaks:
            raise OSError(f"cannot store {password}")
        if not self.forgets:
            self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]
