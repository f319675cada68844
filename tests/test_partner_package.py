"""A partner's package, installed from its wheel into a fresh environment beside ours: green, and used by name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("adapters", "connector", "docs", "mappings", "LICENSE", "README.md", "hatch_build.py", "pyproject.toml")
IN_A_CHECKOUT = pytest.mark.skipif(not (ROOT / "hatch_build.py").exists(), reason="there is nothing to build from")


class Fresh:
    """An environment of its own: our wheel and those of partners; only what we depend on is that of the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        venv.create(folder / "venv", symlinks=os.name != "nt")
        site = self.python.parent.parent / (
            "Lib/site-packages"
            if os.name == "nt"
            else f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
        )
        (site / "what-we-depend-on.pth").write_text("\n".join(_site_packages()), "utf-8")

    def install(self, *projects: Path) -> None:
        """Build the wheels of *projects* and install them."""
        wheels = []
        for project in projects:
            _done(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", project / "wheel", cwd=project)
            wheels += (project / "wheel").glob("*.whl")
        options = ("--quiet", "--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check")
        _done(sys.executable, "-m", "pip", "--python", self.python, "install", *options, *wheels, cwd=self.folder)

    def run(self, *words: object, cwd: Path) -> str:
        return _done(self.python, *words, cwd=cwd, CONFIRMA_JOURNAL=str(self.folder / "journal.sqlite3"))

    def confirma(self, *words: object, cwd: Path) -> str:
        return self.run("-m", "confirma_connector.cli", *words, cwd=cwd)


def _site_packages() -> list[str]:
    return [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]


def _done(*words: object, cwd: Path, **environ: str) -> str:
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | environ,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.thorough
@IN_A_CHECKOUT
def test_a_drafted_package_and_the_worked_one_are_green_and_used_by_name_beside_our_wheel(tmp_path: Path) -> None:
    fresh = Fresh(tmp_path)
    ours, drafted, worked = (tmp_path / name for name in ("ours", "confirma-acme", "confirma-kirja"))
    ours.mkdir()
    for path in (ROOT / name for name in OURS):
        if path.is_dir():
            shutil.copytree(path, ours / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif path.exists():
            shutil.copy(path, ours)
    shutil.copytree(ROOT / "samples" / "partner-adapter", worked)
    fresh.install(ours)
    assert "made" in fresh.confirma("new-adapter", "acme", "--package", cwd=tmp_path)
    fresh.install(drafted, worked)
    assert "site-packages" in fresh.run("-c", "import confirma_kirja as one; print(one.__file__)", cwd=tmp_path)
    assert str(tmp_path) in fresh.run("-c", "import confirma_connector as one; print(one.__file__)", cwd=tmp_path)

    listed = fresh.confirma("adapters", cwd=tmp_path).splitlines()
    assert "acme (confirma-acme): read, detect" in listed
    assert "kirja (confirma-kirja): read, write_results, detect" in listed

    for project in (drafted, worked):
        tests = fresh.run("-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-W", "error", cwd=project)
        assert " passed" in tests
        left_out = [line for line in tests.splitlines() if line.startswith("SKIPPED")]
        assert all("hook" in line for line in left_out), left_out

    mapping = ("--mapping", "mapping.yaml")
    checked = json.loads(fresh.confirma("check", "export.kirja", *mapping, "--json", cwd=worked / "samples"))
    assert [one["state"] for one in checked["files"][0]["invoices"]] == ["ready"] * 3
    sent = json.loads(fresh.confirma("send", "export.kirja", *mapping, "--json", cwd=worked / "samples"))
    assert [one["state"] for one in sent["files"][0]["invoices"]] == ["waiting"] * 3
    fresh.confirma("track", cwd=tmp_path)
    results = (worked / "samples" / "export.sandbox.results.kirja").read_bytes()
    lines = results.decode("cp850").splitlines()
    states = [line.split("\t")[1].replace("waiting", "delivered") for line in lines]  # as slow as this machine is
    assert states == ["TEST delivered", "", "TEST delivered", "TEST delivered"]
    own = b"".join(line.split(b"\t")[0] + b"\r\n" for line in results.splitlines())
    assert own == (worked / "samples" / "export.kirja").read_bytes()
