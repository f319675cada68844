"""What speaks for one thing under two names: the same letters, a known other word, the same enum, the same members."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from confirma_connector.contracting.shape import Shape
from confirma_connector.wirenames import ALSO

__all__ = [
    *("SURE", "Kind", "Ours", "candidates", "equivalents", "plain"),
    *("same_members", "shares_members", "strength", "tokens"),
]

SURE = 2
"""As much as this has to speak for another name."""

Kind = Literal["text", "whole", "decimal", "date", "flag", "word", "object", "array", "any"]

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PART = re.compile(r"[^\W_]+")

_TOKENS: Mapping[str, str] = {
    **dict.fromkeys(("rows", "line", "lines", "item", "items", "position", "positions"), "row"),
    **dict.fromkeys(("customer", "debtor", "client"), "buyer"),
    **dict.fromkeys(("supplier", "vendor", "creditor", "issuer"), "seller"),
    **dict.fromkeys(("receiver", "addressee"), "recipient"),
    **dict.fromkeys(("no", "nr", "num", "nbr"), "number"),
    **dict.fromkeys(("percent", "pct"), "percentage"),
    **dict.fromkeys(("tax", "alv", "moms"), "vat"),
    **dict.fromkeys(("qty",), "quantity"),
    **dict.fromkeys(("desc",), "description"),
    **dict.fromkeys(("article",), "product"),
    **dict.fromkeys(("ref", "refs", "reference"), "references"),
    **dict.fromkeys(("amounts",), "amount"),
    **dict.fromkeys(("zip",), "postal"),
    **dict.fromkeys(("telephone", "tel"), "phone"),
    **dict.fromkeys(("attachment",), "attachments"),
}
_WHOLES: Mapping[str, Collection[str]] = {
    "amounts": ("totals", "sums", "invoicetotals", "total", "summary", "invoiceamounts", "totalamounts"),
    "netamount": (
        "net",
        "netsum",
        "nettotal",
        "totalnet",
        "amountexclvat",
        "totalexclvat",
        "taxexclusiveamount",
        "sumwithoutvat",
    ),
    "vatamount": ("vattotal", "totalvat", "taxamount", "vatsum", "totaltax"),
    "grossamount": (
        "gross",
        "grosssum",
        "grosstotal",
        "totalgross",
        "amountinclvat",
        "totalinclvat",
        "taxinclusiveamount",
        "sumwithvat",
    ),
    "roundingamount": ("rounding",),
    "unitprice": ("price", "priceperunit"),
    "productcode": ("sku", "articlecode", "articlenumber", "productnumber", "productid", "itemcode", "itemnumber"),
    "productname": ("articlename", "itemname"),
    "vatpercentage": ("vatrate", "taxrate", "taxpercentage", "vatpercent"),
    "date": ("invoicedate", "issuedate", "documentdate", "dateofissue"),
    "duedate": ("paymentduedate", "datedue", "payby"),
    "supplydate": ("deliverydate", "dateofsupply", "dateofdelivery", "suppliedat"),
    "number": ("invoicenumber", "invoiceno", "documentnumber"),
    "invoicenumber": ("number", "invoiceno", "invoicenr", "documentnumber"),
    "invoicedate": ("issuedate", "documentdate", "dateofinvoice"),
    "description": ("text", "freetext"),
    "additionalinformation": ("additionalinfo", "moreinformation", "extrainformation"),
    "header": ("head", "invoiceheader", "documentheader"),
    "distribution": ("delivery", "dispatch", "distributionsettings"),
    "method": ("channel", "deliverychannel", "distributionchannel"),
    "status": ("state", "distributionstate", "deliverystate", "statuscode"),
    "rows": ("invoicerows", "lines", "lineitems", "invoicelines", "items", "rowdata", "invoicerowdata", "invoiceitems"),
    "attachments": ("files", "enclosures", "documents"),
    "bic": ("swift", "swiftcode", "biccode"),
    "iban": ("ibannumber", "accountiban"),
    "paymentdetails": ("bankdetails", "bankaccount", "paymentaccount", "payment"),
    "distributions": (
        "deliveries",
        "records",
        "items",
        "results",
        "invoices",
        "distributionrecords",
        "data",
        "content",
    ),
    "metadata": ("meta", "paging", "pagination", "pageinfo", "page", "summary"),
    "totalcount": ("total", "totalrecords", "totalelements", "totalitems", "totalresults", "totalhits", "totalrows"),
    "languagecode": ("lang", "language"),
    "message": ("errortext", "errordescription", "failurereason", "rejectionreason", "failuremessage", "statusmessage"),
    "caseid": ("casenumber", "agencycaseid", "caseidentifier"),
    "createdat": ("created", "creationtime", "createdtime", "creationdate", "createdon", "createddate"),
    "distributedat": ("distributed", "distributiontime", "deliverydate", "distributedon"),
    "electronicinvoiceaccount": ("einvoiceaccount", "einvoiceaddress"),
    "electronicroutingaddress": ("routingaddress", "einvoiceoperator", "operatorid", "intermediatorid"),
    "personalidentitynumber": ("personalid", "personalidentitycode", "ssn", "socialsecuritynumber"),
    "customeraccountid": ("customernumber", "customerid", "accountid"),
}
"""Names without capitals and signs: ours, and what else is usual for the same; those of `wirenames` as well."""

_DOUBTFUL = frozenset({"country", "maakoodi", "paymentdate", "payment", "companyid"})
"""What `wirenames` takes for a name of ours within a sentence, and may be something else as a name."""

_WORDS: tuple[frozenset[str], ...] = (
    frozenset({"edi", "einvoice", "electronic", "electronicinvoice", "einvoicing"}),
    frozenset({"letter", "post", "postal", "paper", "print", "postalletter", "paperletter"}),
    frozenset({"email", "emailmessage"}),
    frozenset({"business", "company", "b2b", "organization", "organisation", "corporate"}),
    frozenset({"consumer", "person", "private", "privateperson", "b2c", "individual"}),
    frozenset({"invoice", "salesinvoice", "debitinvoice", "standardinvoice"}),
    frozenset({"creditnote", "credit", "creditinvoice", "creditmemo"}),
)
"""Words of enums that mean the same."""


@dataclass(frozen=True)
class Ours:
    """One thing that we know: its line of the contract, its names, its kind, its words, the names of its members.

    *needs* is how much has to speak for another name before it is taken for this one. A container that is known by its
    members may have any name.
    """

    line: str
    names: tuple[str, ...]
    kind: Kind = "any"
    words: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()

    needs: int = 2
    is_known_by_members: bool = False

    @property
    def wire(self) -> str:
        """The name that is expected."""
        return self.names[0] if self.names else ""


def plain(name: str) -> str:
    """Give a name without capitals and signs."""
    return "".join(sign for sign in name.lower() if sign.isalnum())


def tokens(name: str) -> list[str]:
    """Give the words of a name in one spelling each: "invoiceRows" → invoice, row."""
    parts = _PART.findall(_CAPITAL.sub(" ", name))
    return [_TOKENS.get(part.lower(), part.lower()) for part in parts]


def means_the_same(ours: Iterable[str], name: str, context: Collection[str]) -> bool:
    """Whether *name* is a known other word for one of *ours*; words of the *context* may stand in it besides."""
    given = tokens(name)
    short = [token for token in given if token not in context] or given
    for own in ours:
        known = (other for other, meant in ALSO.items() if meant == plain(own) and other not in _DOUBTFUL)
        usual = {plain(own), *_WHOLES.get(plain(own), ()), *known}
        if plain(name) in usual or "".join(short) in usual or tokens(own) in (given, short):
            return True
    return False


def same_words(ours: Collection[str], words: Collection[object] | None) -> bool:
    """Whether all words of an enum of ours, and there are some, are in another."""
    known = {plain(word) for word in ours}
    return len(known) >= 2 and known <= {plain(str(word)) for word in words or ()}


def equivalents(word: str) -> frozenset[str]:
    """Give the words, without capitals and signs, that mean what *word* does."""
    return next((group for group in _WORDS if plain(word) in group), frozenset({plain(word)}))


def same_members(inner: Collection[str], shape: Shape, *, nearly_all: bool = False) -> bool:
    """Whether most of what we know to be inside is there: two names, and more than half; or three, and four of five."""
    found = sum(_is_among(name, shape) for name in set(inner))
    if nearly_all:
        return found >= 3 and 5 * found >= 4 * len(set(inner))
    return found >= 2 and 2 * found > len(set(inner))


def shares_members(inner: Collection[str], shape: Shape) -> bool:
    """Whether anything that we know to be inside is there."""
    return any(_is_among(own, shape) for own in inner)


def _is_among(own: str, shape: Shape) -> bool:
    return any(
        plain(own) == plain(name) or means_the_same([own], name, ()) or _without(own, ()) == _without(name, ())
        for name in shape.members()
    )


def strength(ours: Ours, name: str, shape: Shape, context: Collection[str]) -> int:
    """Say what speaks for *name* being ours: 3 its letters, 2 a known word or its enum, 1 a likeness, 0 nothing."""
    if not may_be(ours.kind, shape):
        return 0
    if any(plain(name) == plain(own) for own in ours.names):
        return 3
    if ours.kind in ("object", "array") and ours.inner and shape.members() and not shares_members(ours.inner, shape):
        return 0
    is_contradicted = bool(ours.words and shape.words) and not _meets(ours.words, shape.spoken)
    if is_contradicted:
        return 0
    is_known, has_words = means_the_same(ours.names, name, context), same_words(ours.words, shape.spoken)
    if is_known or has_words:
        return 3 if is_known and has_words else 2
    if ours.inner and any(_without(own, context) == _without(name, context) for own in ours.names):
        return 2
    if ours.is_known_by_members and same_members(ours.inner, shape, nearly_all=True):
        return 2
    return 1 if is_close(ours.names, name) or same_members(ours.inner, shape) else 0


def _without(name: str, context: Collection[str]) -> list[str]:
    return [token for token in tokens(name) if token not in context and token != "party"] or tokens(name)


def _meets(ours: Collection[str], words: Collection[object]) -> bool:
    there = {plain(str(word)) for word in words}
    return any(there & equivalents(word) for word in ours)


def is_close(ours: Iterable[str], name: str) -> bool:
    """Whether a name is spelled nearly as one of *ours*, or has its words and one more, or one less."""
    given = set(tokens(name))
    for own in (one for one in ours if len(plain(one)) > 3):
        known = set(tokens(own))
        is_part = (known <= given or given <= known) and len(known ^ given) <= 1
        if is_part or difflib.SequenceMatcher(None, plain(own), plain(name)).ratio() >= 0.75:
            return True
    return False


_FITTING: Mapping[Kind, frozenset[str]] = {
    "object": frozenset({"object"}),
    "array": frozenset({"array"}),
    "flag": frozenset({"boolean", "string"}),
    "whole": frozenset({"integer", "number", "string"}),
    "decimal": frozenset({"integer", "number", "string"}),
    "date": frozenset({"string"}),
    "text": frozenset({"string", "integer", "number"}),
    "word": frozenset({"string", "integer"}),
}


def may_be(kind: Kind, shape: Shape) -> bool:
    """Whether a value of our kind may be what *shape* describes at all, spelled in some way."""
    if not shape.kinds or kind == "any":
        return True
    if not (shape.kinds & _FITTING[kind]):
        return False
    if kind == "date":
        return shape.format in ("", "date", "date-time")
    if kind == "text" and "string" not in shape.kinds:
        return False
    return shape.format not in ("date", "date-time")


def candidates(ours: Ours, theirs: Mapping[str, Shape], context: Collection[str]) -> Iterator[tuple[int, str]]:
    """Give what may be ours among *theirs*, with how much speaks for it."""
    for name, shape in theirs.items():
        if found := strength(ours, name, shape, context):
            yield found, name
