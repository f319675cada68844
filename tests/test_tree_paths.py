"""Paths into a tree: what they lead to, and what is said of those that cannot be understood."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confirma_connector.records import Unreadable
from confirma_connector.trees import Node, Path, PathError, Top, Values

SPACES = {"cbc": "urn:basic", "cac": "urn:aggregate"}


def node(name: str, *children: Node, text: str = "", space: str = "", line: int = 1, **attributes: str) -> Node:
    made = Node(name, space, line, text)
    made.attributes.update(attributes)
    made.children.extend(children)
    return made


TREE = node(
    "Invoice",
    node("ID", text="1001", space="urn:basic"),
    node("Ref", node("Q", text="001"), node("No", text="PO-7")),
    node("Ref", node("Q", text="009"), node("No", text="1001")),
    node("Amount", text="12,50", currency="EUR"),
    node("Text", text="first"),
    node("Text", text="second"),
    node("Same", text="x"),
    node("Same", text="x"),
    node("Party", node("Name", text="Ab", space="urn:basic"), node("Name", text="Oy", space="urn:other")),
    node("Blank"),
    node("Row", node("No", text="1")),
)


def value(path: str, tree: Node = TREE, **options: Any) -> Any:
    return Path.parse(path, SPACES, **options).value(tree)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("ID", "1001"),
        ("cbc:ID", "1001"),
        ("cac:ID", None),
        ("Ref[Q=009]/No", "1001"),
        ("Ref[Q='001']/No", "PO-7"),
        ('Ref[Q="001"]/No', "PO-7"),
        ("Ref[Q!=009]/No", "PO-7"),
        ("Ref[2]/No", "1001"),
        ("Ref[3]/No", None),
        ("Ref[Q=009][No]/No", "1001"),
        ("Ref[Q=009][!No]/No", None),
        ("Amount/@currency", "EUR"),
        ("Amount[@currency=EUR]", "12,50"),
        ("Amount[@currency=SEK]", None),
        ("Amount[@missing]", None),
        ("Amount[!@missing]", "12,50"),
        ("Text[1]", "first"),
        ("Text[all]", "first\nsecond"),
        ("Same", "x"),
        ("Party/cbc:Name", "Ab"),
        ("Blank", None),
        ("*/Q", Unreadable),
        ("Nothing/At/All", None),
        ("./ID", "1001"),
        (".[ID=1001]/Amount", "12,50"),
        (".[ID!=1001]/Amount", None),
        (".[Row][!Blank]/ID", "1001"),
        (".[Blank]/ID", None),
        (".[!Row]/ID", None),
        ("name()", "Invoice"),
        (".[name()=Invoice]/ID", "1001"),
        ("Row/name()", "Row"),
        ("Gone/name()", None),
        ("  ID  ", "1001"),
    ],
)
def test_a_path_leads_to_one_text(path: str, found: Any) -> None:
    if found is Unreadable:
        assert isinstance(value(path), Unreadable)
    else:
        assert value(path) == found


def test_what_stands_there_several_times_and_differs_is_not_chosen_from() -> None:
    found = value("Text")
    assert isinstance(found, Unreadable)
    assert 'stands there 2 times, as "first", "second"' in found.reason
    assert "Text[1]" in found.reason
    assert "Text[all]" in found.reason


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("@id", "own"),
        ("@cbc:id", "basic"),
        ("@cac:id", None),
        ("@at", "only"),
        ("@cbc:at", None),
        ("@xml:lang", "fi"),
        ("@of", Unreadable),
        ("@cac:of", "a"),
        (".[@id=own]/@cbc:id", "basic"),
        (".[@id=basic]/@cbc:id", None),
    ],
)
@pytest.mark.parametrize("fold", [False, True])
def test_attributes_of_one_name_are_told_apart_by_their_namespaces(path: str, found: Any, fold: bool) -> None:
    tree = node("A")
    tree.attributes = {"urn:basic id": "basic", "id": "own", "urn:aggregate at": "only"}
    tree.attributes |= {"http://www.w3.org/XML/1998/namespace lang": "fi", "urn:basic of": "b", "urn:aggregate of": "a"}
    if fold:
        path = path.replace("@id", "@ID").replace(":id", ":Id").replace("lang", "LANG")
    at = value(path, tree, fold=fold)
    assert isinstance(at, Unreadable) if found is Unreadable else at == found
    assert dict(values(tree).items()) == {"@id": "own", "@at": "only", "@lang": "fi"}
    assert len(values(tree)) == 3


def test_letter_case_is_no_difference_where_the_mapping_says_so() -> None:
    assert value("invoiceid") is None
    assert value("ID", fold=True) == value("id", fold=True) == "1001"
    assert value("amount/@CURRENCY", fold=True) == "EUR"
    assert value("REF[q=009]/NO", fold=True) == "1001"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "is no name"),
        ("a//b", "is no name"),
        ("a/", "is no name"),
        ("a[b", "not opened or not closed"),
        ("a]b", "not opened or not closed"),
        ("a[b]c", "not expected"),
        ("a[]", "no condition"),
        ("a[=1]", "no condition"),
        ("x:a", '"x" is not declared under namespaces (cbc, cac)'),
        ("a/@x:b", '"x" is not declared under namespaces (cbc, cac)'),
        ("a b", "not expected"),
        ("@a/b", "is no name"),
    ],
)
def test_a_path_that_cannot_be_understood_says_why(path: str, said: str) -> None:
    with pytest.raises(PathError) as refused:
        Path.parse(path, SPACES)
    assert said in str(refused.value)
    assert path in str(refused.value)


def values(at: Node, document: Node = TREE, but: frozenset[int] = frozenset()) -> Values:
    top = Top()
    top.children.append(TREE)
    return Values(at, document, top, but, lambda text: Path.parse(text, SPACES))


def test_a_row_can_ask_its_document_and_the_top_of_the_file() -> None:
    row = values(TREE.children[-1])
    assert (row["No"], row["/ID"], row["//Invoice/Amount/@currency"]) == ("1", "1001", "EUR")
    assert "ID" not in row
    assert row.get("Nothing") is None


def test_going_through_the_values_gives_every_text_under_a_path_that_leads_to_it() -> None:
    own = values(TREE, but=frozenset({id(TREE.children[-1])}))
    assert "Row/No" not in list(own)
    assert list(own.values()) == [own[path] for path in own]
    assert len(own) == len(list(own)) == 13


_NAMES = st.sampled_from(["a", "b", "c"])


def _trees(depth: int = 3) -> st.SearchStrategy[Node]:
    def made(name: str, text: str, told: dict[str, str], children: list[Node]) -> Node:
        return node(name, *children, text=text.strip(), **told)

    children = st.lists(_trees(depth - 1), max_size=3) if depth else st.just([])
    texts = st.text("xyz ", max_size=3)
    return st.builds(made, _NAMES, texts, st.dictionaries(st.sampled_from(["p", "q"]), texts, max_size=2), children)


@given(_trees())
def test_every_text_of_any_tree_is_found_again_by_its_path(tree: Node) -> None:
    own = Values(tree, tree, Top(), frozenset(), Path.parse)
    assert [own[path] for path in own] == list(own.values())
    assert len(own) == len(list(own.values()))
