"""What the journal keeps of our own words is English, whoever ran it: here it is retold in the reader's language."""

from __future__ import annotations

import functools
import re

from confirma_connector.language import current, mark, tr

__all__ = [
    "ALREADY_THERE",
    "ALREADY_THERE_SINCE",
    "CUT_OFF",
    "DECIDED",
    "DID_NOT_ARRIVE",
    "NOT_DISTRIBUTED",
    "NOT_LISTED",
    "NOT_OURS",
    "SENT_ELSEWHERE",
    "UNEXPECTED",
    "retold",
]

CUT_OFF = mark("the program was stopped while this invoice was being sent")
NOT_OURS = mark(
    "the number is at Confirma with other data than this invoice has; nothing is sent until a person decides"
)
NOT_LISTED = mark("taken, but not in the delivery information for two days: ask Confirma whether it is there")
NOT_DISTRIBUTED = mark("not distributed for more than three working days: ask Confirma what holds it")
DID_NOT_ARRIVE = mark("did not arrive; it may be sent")
ALREADY_THERE = mark("already at Confirma ({status}) and not sent from this journal; not sent again")
ALREADY_THERE_SINCE = mark("already at Confirma since {date} ({status}) and not sent from this journal; not sent again")
SENT_ELSEWHERE = mark("sent elsewhere, says {user}: {reason}")
UNEXPECTED = mark("unexpected {name} while sending")
DECIDED = {
    "arrived": mark("arrived, says {user}: {reason}"),
    "not-arrived": mark("not arrived, says {user}: {reason}"),
    "handled": mark("handled, says {user}: {reason}"),
}
"""A person's word about an invoice, by the decision."""

_SENTENCES = (
    *(CUT_OFF, NOT_OURS, NOT_LISTED, NOT_DISTRIBUTED, DID_NOT_ARRIVE, ALREADY_THERE_SINCE, ALREADY_THERE),
    *(SENT_ELSEWHERE, UNEXPECTED, *DECIDED.values(), mark("no status")),
    mark("the server asks to wait"),
    mark("no connection to {host} ({brief}); nothing was sent"),
    mark("the connection broke before an answer came ({brief})"),
    mark("the answer is larger than {largest} bytes"),
    mark("the answer did not come to its end"),
    mark("HTTP {code} with something that is not the API's answer"),
    mark("{said}; an earlier attempt may have arrived"),
    mark("{said}: refused before it reached the API"),
    mark("{said}: it is not known whether the invoice arrived"),
    mark("{redirect}: is the address right?"),
    mark("{host}: HTTP {code}: the address answers with a redirect, which is never followed"),
)
_HINTS = (
    mark("the key is not valid (any more), or is of another environment"),
    mark("the key has no permission for this"),
    mark("is the address right, and does the contract fit this server?"),
    mark("is the address right?"),
)
_EVENTS = (
    *(mark("claimed"), mark("taken"), mark("refused"), mark("unsent"), mark("lost"), mark("odd"), mark("stop")),
    *(mark("busy"), mark("not begun"), mark("cut off"), mark("looked for"), mark("not found")),
    *(mark("found at Confirma"), mark("concluded absent"), mark("observed"), mark("not listed"), mark("adopted")),
    *(mark("to be sent again"), mark("corrected, to be sent again"), mark("fingerprint {print}")),
    *(mark("resolved: arrived"), mark("resolved: not-arrived"), mark("resolved: handled")),
)
_INNER = ("brief", "redirect", "status")
"""Names that stand for words of ours, which are retold as well."""


def retold(text: str) -> str:
    """Give words that the journal keeps in the language of the day; words of others are given as they are."""
    if current() == "en":
        return text
    for sentence in (*_SENTENCES, *_EVENTS):
        if found := _form(sentence).fullmatch(text):
            values = found.groupdict()
            return tr(sentence, **values | {name: retold(values[name]) for name in _INNER if name in values})
    lead, hint = next(((text.removesuffix(hint), hint) for hint in _HINTS if text.endswith(f": {hint}")), (text, ""))
    return f"{lead}{tr(hint)}" if hint else text


@functools.cache
def _form(sentence: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.*)", re.escape(sentence)), re.DOTALL)
