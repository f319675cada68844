"""What a mapping says of the answer to the system that its files come from."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

__all__ = ["AnswerBlock"]


class AnswerBlock(BaseModel):
    """Which format, and what it names there.

    *values* are columns by what the kind calls them; a table has them under these headers, and the states under
    *headers*.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    values: dict[str, str] = {}
    headers: dict[Literal["state", "message", "updated", "case_id"], str] = {}
