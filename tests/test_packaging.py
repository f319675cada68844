"""What is installed: names, extras, bundled files, and that nothing heavy is loaded before it is needed.

These run twice: against the checkout, and against the built wheel with the sources out of the way.
"""

import ast
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import confirma_connector

PACKAGE = Path(confirma_connector.__file__).parent
BUNDLED = PACKAGE / "_bundled"
TOP = PACKAGE.parent.parent
INSTALLED = "site-packages" in PACKAGE.parts
PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
ADAPTERS = sorted(((BUNDLED if INSTALLED else TOP) / "adapters").glob("*.py"))

# Import names of what pyproject.toml lists, as far as an adapter may want it. An adapter never talks to the network.
LIBRARIES = {"openpyxl", "pandas", "pyarrow", "pydantic", "python_calamine", "stdnum", "yaml"}


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def imported_names(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def test_the_installed_distribution_is_the_one_described():
    installed = metadata.metadata("confirma-connector")
    assert installed["Version"] == PROJECT["version"]
    assert installed["Requires-Python"] == PROJECT["requires-python"]
    assert set(installed.get_all("Provides-Extra")) == {"sandbox", "excel", "keyring", "table", "report", "all"}


def test_the_command_is_called_confirma():
    (command,) = metadata.distribution("confirma-connector").entry_points.select(group="console_scripts")
    assert (command.name, command.value) == ("confirma", "confirma_connector.cli:main")


def test_the_extra_all_asks_for_every_other_extra():
    extras = PROJECT["optional-dependencies"]
    assert extras["all"] == [f"confirma-connector[{','.join(name for name in extras if name != 'all')}]"]


def test_the_only_import_name_is_our_own():
    tops = {Path(file).parts[0] for file in metadata.files("confirma-connector") or () if ".." not in file.parts}
    assert {top for top in tops if not top.endswith((".dist-info", ".pth"))} <= {"confirma_connector"}


def test_type_checkers_may_trust_the_annotations():
    assert (PACKAGE / "py.typed").is_file()


def test_adapters_and_mappings_are_bundled_in_the_wheel_and_never_copied_into_a_checkout():
    if INSTALLED:
        assert list((BUNDLED / "adapters").glob("*.py"))
        assert list((BUNDLED / "mappings").glob("*.yaml"))
        assert len(list((BUNDLED / "problems").glob("problems*.md"))) == 3
    else:
        assert not BUNDLED.exists()


def test_there_are_adapters():
    assert ADAPTERS


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda file: file.stem)
def test_a_bundled_adapter_imports_only_what_a_partner_may(adapter):
    ours = {name for name in imported_names(adapter) if name.split(".")[0] == "confirma_connector"}
    others = {name.split(".")[0] for name in imported_names(adapter)} - {"confirma_connector"}
    shared = {
        "archives",
        "delimited",
        "delimiters",
        "dialect",
        "extent",
        "language",
        "limits",
        "recordkinds",
        "rowcells",
        "workbook",
    }
    shared |= {"sheetoptions", "trees", "trees.options"}
    public = {"confirma_connector", *(f"confirma_connector.{name}" for name in shared)}
    assert ours <= public, (
        "a partner imports names from confirma_connector itself, its readers of text, trees, workbooks, and its language"
    )
    assert others <= sys.stdlib_module_names | LIBRARIES


def test_importing_the_package_loads_nothing_else():
    code = "import sys, confirma_connector; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = set(python(code).split()) - sys.stdlib_module_names
    assert not loaded & {"click", "httpx", "pandas", "pluggy", "pydantic", "simplejson", "stdnum", "yaml"}


def test_what_an_adapter_may_import_exists_and_loads_no_network():
    for_programs = {"Connector", "Event"}
    names = ", ".join(name for name in confirma_connector.__all__ if name not in for_programs)
    code = (
        f"import sys\nfrom confirma_connector import {names}\nprint('httpx' in sys.modules, 'fastapi' in sys.modules)"
    )
    assert python(code).split() == ["False", "False"]


def test_the_command_starts_without_the_extras():
    extras = ["fastapi", "uvicorn", "starlette", "openpyxl", "python_calamine", "pandas", "numpy", "pyarrow", "keyring"]
    extras += ["matplotlib", "PIL", "fontTools"]
    code = f"import sys\nsys.modules.update(dict.fromkeys({extras}))\nfrom confirma_connector.cli import main\n"
    assert "Usage" in python(code + "main(['--help'], prog_name='confirma')")


def test_the_command_starts_without_loading_the_sandbox():
    code = "import sys, confirma_connector.cli\nprint(*(n for n in sys.modules if n.startswith('confirma_connector.')))"
    assert not [name for name in python(code).split() if name.startswith("confirma_connector.sandbox")]
