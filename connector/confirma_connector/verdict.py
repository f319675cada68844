"""What one answer to a create request comes to, by how far the request got: the table of the contract, as code."""

from __future__ import annotations

import datetime as dt
import email.utils
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

from confirma_connector import answers, errorbodies
from confirma_connector.contract import Contract
from confirma_connector.errorbodies import Explanation
from confirma_connector.httpanswer import Answer
from confirma_connector.language import tr
from confirma_connector.masking import masked

__all__ = ["LONGEST_PAUSE", "Verdict", "classed", "http_date", "refusal", "retry_after"]

Settled = Literal["sent", "ready", "rejected", "uncertain"]
Kind = Literal["taken", "refused", "unsent", "lost", "odd", "stop", "busy"]
"""taken; refused for this invoice; nothing was sent; sent, and no answer came; an answer that decides nothing;
refused as we are; asked to wait."""

LONGEST_PAUSE = 60.0
"""Seconds: a server may ask for any pause; no run waits longer than this at a time."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one POST came to: the state the invoice gets, and what the run makes of it."""

    state: Settled
    kind: Kind
    message: str = ""
    http_status: int = 0
    status: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    text: str = field(default="", repr=False)
    pause: float | None = None
    mark: str = ""
    ended_at: float = 0.0

    def without(self, body: bytes, contract: Contract) -> Verdict:
        """Give it without what the answer may repeat of the request *body*: its personal identity numbers.

        What else it repeats of people is left out of what is told on, and stays in the text.
        """
        personal = contract.personal(body)
        text = masked(self.text, personal)
        if not self.message and not self.fields:
            return self if text == self.text else replace(self, text=text)
        known = (*personal, *contract.people(body))
        fields = tuple((masked(field, personal), masked(said, known)) for field, said in self.fields)
        return replace(self, message=masked(self.message, known), fields=fields, text=text)


def classed(answer: Answer, host: str, contract: Contract, *, was_uncertain: bool, server_now: float) -> Verdict:
    """Class a complete answer to a POST by contract.md's table."""
    code = answer.status_code
    text = answer.content[:100_000].decode("utf-8", "replace")
    if answer.is_success:
        status = answers.stated_status(answer.content, contract)
        if status is not None:
            return Verdict("sent", "taken", http_status=code, status=status, text=text)
        return Verdict(
            "uncertain",
            "odd",
            tr("HTTP {code} with something that is not the API's answer", code=code),
            code,
            text=text,
        )
    explained = errorbodies.explanation(answer.content, answer.headers.get("Content-Type", "").lower(), contract)
    said = _sentence(code, explained)
    if code == 429:
        wait = retry_after(answer.headers.get("Retry-After"), server_now)
        return Verdict("ready", "busy", tr("the server asks to wait"), code, text=text, pause=wait)
    if code in (401, 403, 404, 405, 415):
        return Verdict("ready", "stop", refusal(host, answer, contract), code, text=text)
    if 300 <= code < 400:
        redirect = tr(
            "{host}: HTTP {code}: the address answers with a redirect, which is never followed", host=host, code=code
        )
        return Verdict("uncertain", "stop", tr("{redirect}: is the address right?", redirect=redirect), code)
    if code in (400, 402, 413, 422) and (explained is not None or code != 402):
        if was_uncertain:
            return Verdict(
                "uncertain", "refused", tr("{said}; an earlier attempt may have arrived", said=said), code, text=text
            )
        if explained is None:
            return Verdict(
                "ready", "refused", tr("{said}: refused before it reached the API", said=said), code, text=text
            )
        mark = errorbodies.alike(explained, code)
        return Verdict("rejected", "refused", said, code, fields=explained.fields, text=text, mark=mark)
    kind: Kind = "odd" if code >= 500 else "refused"
    return Verdict(
        "uncertain", kind, tr("{said}: it is not known whether the invoice arrived", said=said), code, text=text
    )


def refusal(host: str, answer: Answer, contract: Contract) -> str:
    """Say in one line why the server will not talk to us, and what to look at."""
    explained = errorbodies.explanation(answer.content, answer.headers.get("Content-Type", "").lower(), contract)
    looks = {
        401: tr("the key is not valid (any more), or is of another environment"),
        403: tr("the key has no permission for this"),
        404: tr("is the address right?"),
    }
    hint = looks.get(answer.status_code, tr("is the address right, and does the contract fit this server?"))
    return f"{host}: {_sentence(answer.status_code, explained)}: {hint}"


def retry_after(header: str | None, server_now: float) -> float | None:
    """Read `Retry-After` (seconds, or a date by the server's clock) as seconds from now, capped; None when unusable."""
    if not header:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_PAUSE)
    date = http_date(text)
    return None if date is None else min(max(date - server_now, 0.0), LONGEST_PAUSE)


def _sentence(code: int, explained: Explanation | None) -> str:
    if explained is None:
        return f"HTTP {code}"
    fields = "; ".join(f"{field}: {said}" if field else said for field, said in explained.fields)
    text = " – ".join(part for part in (explained.message, fields) if part)
    return f"HTTP {code}: {text[:300]}"


@lru_cache(maxsize=8)
def http_date(text: str) -> float | None:
    """Read an HTTP date as seconds since 1970; None when it is none."""
    try:
        moment = email.utils.parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
