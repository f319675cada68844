"""What the API calls a field, in whatever spelling it names one: a path, a pointer, a name within a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from confirma_connector.contract import Contract

__all__ = ["ALSO", "Mention", "Names"]

_Parts = tuple[str, ...]
_SEPARATORS = re.compile(r"[./\[\]$#\s]+")
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_AROUND = re.compile(r"(?:body|data|payload|root|json|content|document|.*(?:request|dto|model|command|input))")
"""What a framework puts before the path of a member of the request."""

ALSO = {
    **dict.fromkeys(("zip", "zipcode", "postcode", "postalnumber", "postinumero", "postnummer"), "postalcode"),
    **dict.fromkeys(("city", "town", "postoffice", "postitoimipaikka", "postanstalt"), "postaldistrict"),
    **dict.fromkeys(("streetaddress", "addressline", "addressline1", "katuosoite", "gatuadress"), "street"),
    **dict.fromkeys(("country", "maakoodi", "maatunnus", "landskod"), "countrycode"),
    **dict.fromkeys(("currency", "valuutta", "valuta"), "currencycode"),
    **dict.fromkeys(("emailaddress", "sähköposti", "sähköpostiosoite", "epostadress"), "email"),
    **dict.fromkeys(("vatnumber", "vatid", "taxid", "alvnumero", "momsnummer"), "vatcode"),
    **dict.fromkeys(("vatrate", "taxrate", "vatpercent", "alvkanta", "momssats"), "vatpercentage"),
    **dict.fromkeys(("ytunnus", "fonummer", "companyid", "businessidentitycode"), "businessid"),
    **dict.fromkeys(("eräpäivä", "förfallodag", "förfallodatum", "paymentdate"), "duedate"),
    **dict.fromkeys(("verkkolaskuosoite", "efakturaadress", "einvoiceaddress"), "electronicinvoiceaccount"),
    **dict.fromkeys(("välittäjätunnus", "förmedlarkod", "einvoiceoperator"), "electronicroutingaddress"),
    **dict.fromkeys(("viitenumero", "referensnummer", "referencenumber", "paymentreference"), "payment"),
    **dict.fromkeys(("distributionmethod", "deliverymethod"), "method"),
    **dict.fromkeys(("invoicenumber", "invoiceno"), "number"),
    **dict.fromkeys(("invoicedate",), "date"),
    **dict.fromkeys(("customer", "debtor"), "buyerparty"),
    **dict.fromkeys(("supplier", "creditor"), "sellerparty"),
    **dict.fromkeys(("postaladdress", "postiosoite", "postadress"), "address"),
    **dict.fromkeys(("lines", "invoicerows", "invoicelines"), "rows"),
}
"""Other names of what the contract has one name for, without capitals and signs."""

_PLAIN = frozenset(
    {
        *("iban", "bic", "email", "quantity", "street", "postalcode", "duedate", "businessid"),
        *(name for name in ALSO if name not in ("customer", "debtor", "supplier", "creditor", "lines", "town")),
    }
)
"""Single words that are a field's name in a sentence as well. (`name`, `date`, `address` may be anybody's.)"""

_PARTIES = {
    "buyer": re.compile(r"buyer|customer|debtor|ostaja|asiak|köpar|kund", re.IGNORECASE),
    "recipient": re.compile(r"recipient|receiver|vastaanott|mottagar", re.IGNORECASE),
    "seller": re.compile(r"seller|supplier|creditor|myyj|säljar", re.IGNORECASE),
    "delivery": re.compile(r"delivery address|delivery party|toimitusosoi|leveransadress", re.IGNORECASE),
}
_TOKEN = re.compile(
    r"(?P<quote>['\"`])(?P<quoted>[^'\"`]{1,120})(?P=quote)"
    r"|(?P<path>[$/]?[A-Za-z_]\w*(?:(?:\.|/|\[)\w+\]?)+)"
    r"|(?P<compound>[a-z]+(?:[A-Z]\w*|_\w+))"
)
_VERB = re.compile(
    r"\b(?:must|should|shall|is|are|was|were|has|have|does|do|may|can|cannot|can't|could|not|invalid|missing|required"
    r"|puuttuu|on|ei|saknas|är)\b",
    re.IGNORECASE,
)
_NAME_AFTERWARDS = re.compile(
    r"(?:(?:validation|request|error|bad|the|a)\W+)*(?:missing|invalid|required|unknown|unexpected|wrong|empty"
    r"|incorrect|virheellinen|puuttuva|ogiltig|felaktig|must have|should have)\b",
    re.IGNORECASE,
)
_WHOLES = frozenset({"invoice", "header", "parties", "references"})
"""What contains too much to say anything, as a name in a sentence."""


@dataclass(frozen=True, slots=True)
class Mention:
    """The fields that one name may mean, as mappings call them ("buyer.address", "rows[2].quantity"), and its words."""

    fields: tuple[str, ...]
    words: str


class Names:
    """The names of one contract, to be looked up."""

    def __init__(self, contract: Contract) -> None:
        fields = list(contract.fields())
        self._wire = [(tuple(map(_plain, route)), field) for _, route, field in fields if all(route)]
        self._own = [(tuple(map(_plain, place.split("."))), field) for place, _, field in fields]
        self._compounds = {_plain(parts[-1]) for _, parts, _ in fields if _CAPITAL.search(parts[-1])}

    def fields(self, path: str) -> tuple[str, ...]:
        """Give the fields that a path of the wire may mean; () when it means none that we know.

        Letter case, signs between words, what a framework puts before and levels that it leaves out do not matter.
        """
        parts = [part for part in _SEPARATORS.split(path) if part]
        index = next((part for part in parts if part.isdigit()), "")
        names = tuple(name for part in parts if not part.isdigit() and (name := _plain(part)))
        while names:
            if found := self._matching(names) or self._matching(tuple(ALSO.get(name, name) for name in names)):
                return tuple(_indexed(field, index) for field in found)
            if not _AROUND.fullmatch(names[0]):
                return ()
            names = names[1:]
        return ()

    def mentioned(self, said: str) -> Mention | None:
        """Give the first field that a sentence is about; None when it names none."""
        verb = _VERB.search(said)
        subject = said if verb is None or _NAME_AFTERWARDS.match(said) else said[: verb.start()]
        for token in _TOKEN.finditer(subject):
            words = token["quoted"] or token[0]
            fields = tuple(field for field in self.fields(words) if field not in _WHOLES)
            if fields and not (token["quoted"] and words.isupper()):
                return Mention(_of_party(fields, said), token[0])
        return self._in_prose(subject, said)

    def _in_prose(self, subject: str, said: str) -> Mention | None:
        words = list(_WORD.finditer(subject))
        for length in (4, 3, 2, 1):
            for first in range(len(words) - length + 1):
                chosen = words[first : first + length]
                name = "".join(_plain(word[0]) for word in chosen)
                if name in (self._compounds if length > 1 else _PLAIN) or name in _PLAIN:
                    fields = self._matching((ALSO.get(name, name),))
                    if fields:
                        return Mention(_of_party(fields, said), subject[chosen[0].start() : chosen[-1].end()])
        return None

    def _matching(self, names: _Parts) -> tuple[str, ...]:
        """Give the fields whose path is *names*, else ends in them, else has them on its way, the nearest ones."""
        for routes in (self._wire, self._own):
            for fits in (_is_end, _is_within):
                found = [(route, field) for route, field in routes if fits(names, route)]
                if found:
                    exact = [field for route, field in found if route in (names, ("invoice", *names))]
                    nearest = min(len(route) for route, _ in found)
                    kept = [field for route, field in found if fits is _is_end or len(route) == nearest]
                    return tuple(dict.fromkeys(exact or kept))
        return ()


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


def _is_end(names: Sequence[str], route: Sequence[str]) -> bool:
    return tuple(route[-len(names) :]) == tuple(names)


def _is_within(names: Sequence[str], route: Sequence[str]) -> bool:
    on_the_way = iter(route)
    return names[-1] == route[-1] and all(name in on_the_way for name in names)


def _indexed(field: str, index: str) -> str:
    container, dot, member = field.partition(".")
    return f"{container}[{index}]{dot}{member}" if index and container in ("rows", "attachments") else field


def _of_party(fields: tuple[str, ...], said: str) -> tuple[str, ...]:
    """Keep the fields of the party that the sentence speaks of; a receiver is the buyer, unless there is another."""
    for party, pattern in _PARTIES.items():
        its = tuple(field for field in fields if field.startswith(f"{party}."))
        if its and pattern.search(said):
            buyers = tuple(field for field in fields if field.startswith("buyer.")) if party == "recipient" else ()
            return (*its, *buyers)
    return fields
