"""What is done the quick way where that gives the same: every quick way beside the plain one."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest
import simplejson
from hypothesis import given
from hypothesis import strategies as st

from confirma_connector import masking
from confirma_connector.fields import spelled
from confirma_connector.jsontext import json_body, json_listing, json_text
from confirma_connector.masking import hidden, masked, without_key
from confirma_connector.parsing import sized

KEY = "aB3-key/of_a+test"

# -- what is nowhere to be seen --------------------------------------------------------------------------------------

WORDS = st.text(alphabet='abiksIKSſıİKäöÄß0129 .,-_\\/"%u', max_size=12)
PIECES = st.sampled_from(
    ["\\u0020", "\\u00e4", "%20", " ", "", "-", "\\/", "010203-123A", "19010203A123A", "ı", "ſ", "K"]
)


def plainly_masked(text: str, known: list[str]) -> str:
    """Search for every value, and for the form of an identity number, whatever the text."""
    for value in known:
        signs = [re.escape(sign) for sign in value if sign.isalnum()]
        if len(signs) >= 5:
            between = r"(?:\\u00[0-9a-f]{2}|%[0-9a-f]{2}|[^0-9a-z])*?"
            pattern = rf"(?<![0-9a-z]){between.join(signs)}(?![0-9a-z])"
            text = re.sub(pattern, lambda found: hidden(found[0]), text, flags=re.IGNORECASE)
    return masking._FORM.sub(lambda found: hidden(found[0]), text)


@given(st.lists(WORDS, min_size=1, max_size=3), st.lists(st.one_of(WORDS, PIECES), max_size=6), st.data())
def test_a_value_is_masked_wherever_the_long_search_finds_it(
    known: list[str], text: list[str], data: st.DataObject
) -> None:
    spelled = [data.draw(st.sampled_from(["", " ", "\\u0020", "%20"])).join(value) for value in known]
    swapped = [value.swapcase() for value in spelled]
    whole = " ".join(data.draw(st.permutations([*text, *spelled, *swapped])))
    assert masked(whole, known) == plainly_masked(whole, known)


@pytest.mark.parametrize("repeated", ["ILKKA SIKSI", "ılKKa-ſikſi", "Ilkka\\u0020Siksi"])
def test_letters_with_more_than_two_forms_are_masked_in_each(repeated: str) -> None:
    assert "lKKa" not in masked(f"not {repeated} here", ["Ilkka Siksi"])
    assert masked(f"not {repeated} here", ["Ilkka Siksi"]) == plainly_masked(f"not {repeated} here", ["Ilkka Siksi"])


@given(
    st.lists(
        st.sampled_from([*"aB3 \n\t\0\r", "\\n", "\\", "%2f", "&#47;", "\\u002f", "key", "ab3-key/of_a+test"]),
        max_size=9,
    ),
    st.sampled_from(["", " ", "\0", "\n", "\\n", "  \t", "\\"]),
    st.booleans(),
)
def test_the_key_is_found_wherever_the_long_search_finds_it(around: list[str], gap: str, swap: bool) -> None:
    key = gap.join(KEY.swapcase() if swap else KEY)
    content = "".join([*around, key, *around]).encode()
    assert without_key(content, KEY) == masking._spellings(KEY).sub(b"***", content)
    assert b"***" in without_key(content, KEY)


# -- a long listing, element by element ----------------------------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=4)
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def pretended(element: object, *_: object) -> tuple[str, object]:
    return "read", element


def plainly_read(body: bytes) -> object:
    tree = json_body(body)
    if isinstance(tree, dict):
        return {name: list(map(pretended, value)) if isinstance(value, list) else value for name, value in tree.items()}
    return list(map(pretended, tree)) if isinstance(tree, list) else tree


@given(JSON, st.sampled_from([None, 0, 2]))
def test_a_listing_read_by_its_elements_is_what_it_is_read_whole(tree: object, indent: int | None) -> None:
    body = simplejson.dumps(tree, use_decimal=True, indent=indent).encode()
    assert json_listing(json_text(body), pretended) == plainly_read(body)


@given(JSON, st.integers(0, 60), st.sampled_from([*'[]{},:"1x ', ""]))
def test_what_is_no_json_is_refused_in_the_same_words(tree: object, at: int, sign: str) -> None:
    text = simplejson.dumps(tree, use_decimal=True)
    body = (text[:at] + sign + text[at + 1 :]).encode()
    try:
        expected = plainly_read(body)
    except ValueError as error:
        with pytest.raises(ValueError, match=re.escape(str(error))):
            json_listing(json_text(body), pretended)
    else:
        assert json_listing(json_text(body), pretended) == expected


def test_amounts_of_a_listing_are_exact() -> None:
    body = json.dumps({"records": [{"a": "x"}]}).replace('"x"', "0.10000000000000000001").encode()
    assert json_listing(json_text(body), lambda element, *_: element) == {
        "records": [{"a": Decimal("0.10000000000000000001")}]
    }


@pytest.mark.parametrize("before", [(1 << 20) - 5, 1 << 20, (2 << 20) - 1])
def test_the_key_is_found_in_the_middle_of_a_long_answer(before: int) -> None:
    content = b"x" * before + f" {KEY} ".encode() + b"x" * 100
    assert without_key(content, KEY) == b"x" * before + b" *** " + b"x" * 100


# -- numbers that are typed in their source ---------------------------------------------------------------------------

DECIMALS = st.one_of(
    st.decimals(),
    st.decimals(-(10**16), 10**16, places=2),
    st.builds(
        lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(-(10**9), 10**9), st.integers(-25, 9)
    ),
    st.sampled_from([Decimal(text) for text in ("-0", "-0.00", "0E-25", "0E+3", "1E+3", "1E-7", "1.50", "0.0000001")]),
)


@given(DECIMALS)
def test_a_number_is_spelled_as_its_plain_digits(number: Decimal) -> None:
    plain = f"{number:f}"
    assert spelled(number) == (plain.rstrip("0").rstrip(".") if "." in plain else plain)


@given(DECIMALS)
def test_a_number_is_refused_for_its_digits_and_decimals_however_short_it_is(number: Decimal) -> None:
    exponent = number.as_tuple().exponent
    is_too_large = not number.is_finite() or number.adjusted() >= 15 or not isinstance(exponent, int) or exponent < -20
    try:
        assert sized(number) is number
    except ValueError:
        assert is_too_large
    else:
        assert not is_too_large
