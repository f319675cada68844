"""YAML of our kind: every scalar is text, every place is known, and nothing surprising is taken."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from confirma_connector.yamltext import YamlError, load


@pytest.fixture
def loaded(tmp_path: Path):
    def load_text(text: str | bytes):
        path = tmp_path / "file.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return load(path)

    return load_text


@pytest.mark.parametrize(
    "text",
    [
        *("NO", "no", "yes", "on", "true", "00100", "0100", "1e3", "1.0", "0x1F", "0b1", "1_000", "12:30:45"),
        *("2026-11-02", "null", "Null", "NULL", "~", ".inf", ".nan", "=", "<<"),
    ],
)
def test_every_scalar_is_the_text_that_stands_there(loaded, text: str) -> None:
    assert loaded(f"key: {text}\nlist: [a]\n").tree == {"key": text, "list": ["a"]}
    assert loaded(f"- {text}\n- x\n").tree == [text, "x"]


def test_quoted_text_and_blocks_are_text(loaded) -> None:
    tree = loaded("a: \"1\\n2\"\nb: '''x'''\nc: |\n  one\n  two\nd: >\n  one\n  two\ne:\nf: ''\n").tree
    assert tree == {"a": "1\n2", "b": "'x'", "c": "one\ntwo\n", "d": "one two\n", "e": "", "f": ""}


def test_an_empty_file_is_an_empty_block(loaded) -> None:
    assert loaded("").tree == {}
    assert loaded("# only a note\n").tree == {}
    assert loaded(b"\xef\xbb\xbfkey: value\n").tree == {"key": "value"}


def test_every_place_knows_its_line(loaded) -> None:
    document = loaded("a: 1\nb:\n  c: x\n  d: [p,\n      q]\n")
    assert document.line(("a",)) == 1
    assert document.line(("b", "c")) == 3
    assert document.line(("b", "d", 1)) == 5
    assert document.line(("b", "missing", "deeper")) == 2
    assert document.line(("missing",)) == 1


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, '"a" stands twice: here and on line 1'),
        ("a:\n  x: 1\n  y: 2\n  'x': 3\n", 4, '"x" stands twice'),
        ("{a: 1, a: 2}", 1, '"a" stands twice'),
        ("a: &anchor 1\n", 1, "anchors and aliases"),
        ("a: 1\nb: *other\n", 2, "anchors and aliases"),
        ("a: *\n", 1, "not YAML"),
        ("a: !!str 1\n", 1, "tags like tag:yaml.org,2002:str are not used"),
        ("a: !!python/object:os.system x\n", 1, "tags like"),
        ("a: 1\nb: !own {x: 1}\n", 2, "tags like !own"),
        ("? [a]\n: b\n", 1, "a key must be plain text"),
        ("? {a: b}\n: c\n", 1, "a key must be plain text"),
        ("a: 1\n---\nb: 2\n", 2, "a second document begins here"),
        ("a: [1\nb: 2\n", 1, "not YAML: a bracket is opened here"),
        ("a: 1\n  b: 2\n", 2, "look at the indentation"),
        ('a: 1\nb: "c\\q"\n', 2, "a backslash between double quotes"),
        ("a: [%b]\n", 1, "a text that begins with % has to stand in quotes"),
        ("a: \"x\nb: 'y\n", 1, "a quote is opened here and never closed"),
        ("\ta: 1\n", 1, "not YAML"),
        ("a: 1\nb: \x01\n", 2, "#x0001"),
        (b"a: 1\nb: \xe4\n", 2, "not UTF-8"),
        ("[" * 25, 1, "nested deeper than 20"),
        ("\n".join(" " * depth + "k:" for depth in range(30)), 21, "nested deeper than 20"),
    ],
)
def test_what_is_not_of_our_kind_is_refused_with_its_line(loaded, text: str | bytes, line: int, said: str) -> None:
    with pytest.raises(YamlError, match=r"(?s).*") as refused:
        loaded(text)
    assert said in str(refused.value)
    assert refused.value.line == line
    assert "\n" not in str(refused.value)


def test_a_bomb_of_aliases_is_refused_before_it_grows(loaded) -> None:
    bomb = "a: &a [x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)},*{chr(97 + n)}]\n" for n in range(20)
    )
    with pytest.raises(YamlError, match="anchors"):
        loaded(bomb)


def test_a_file_without_measure_is_refused(loaded) -> None:
    with pytest.raises(YamlError, match="larger than 500,000 bytes"):
        loaded("a: " + "x" * 500_000)


_text = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\u2028\u2029\x85\ufeff"), max_size=20
)
_trees = st.recursive(
    _text, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4), max_leaves=12
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(_text, _trees, max_size=5))
def test_any_tree_of_text_is_read_back_as_it_was_written(loaded, tree: dict[str, object]) -> None:
    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            return True

    assert loaded(yaml.dump(tree, Dumper=Plain, allow_unicode=True)).tree == tree
