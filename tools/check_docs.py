"""Check the documents: links, generated output, names of commands, and that nothing tells of one machine.

Generated output is a ```text block under a comment that holds its command:

    <!-- output of: confirma check samples/csv/invoices.csv -->
    <!-- output of, exit 1: confirma check samples/csv/broken.csv -->

The commands of one document run in order, in one fresh folder with a copy of samples/ and a home of its own. Between
them may stand `<!-- run: cp a.csv b.csv -->` (output not shown) and `<!-- wait: 3 -->` (seconds). What changes from run
to run is masked on both sides before they are compared (MASKS). `--update` writes the blocks anew. A block under
`<!-- file: PATH -->` is that file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

STEP = re.compile(r"^<!-- (?P<verb>output of|run|wait)(?:, exit (?P<exit>\d+))?: (?P<text>.+?) -->$")
LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*<?([^\s>]+)", re.MULTILINE)
CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]+`", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)

EXCERPT = re.compile(r"^<!-- file: (?P<path>\S+) -->\n+```(?P<kind>\w+)\n(?P<code>.*?)```$", re.MULTILINE | re.DOTALL)
PROBLEM = re.compile(r"\"(E-[A-Z]+(?:-[A-Z]+)*)\"")

MASKS = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b\d{1,2}\.\d{1,2}\.\d{4} \d{1,2}[.:]\d\d([.:]\d\d)?"), "<time>"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\b(127\.0\.0\.1|localhost):\d+"), "<local server>"),
    (re.compile(r"\b\d+([.,]\d+)? ?(ms|s|seconds?)\b"), "<duration>"),
)

# Written so that no pattern finds itself here.
FOREIGN = (
    (re.compile(r"(?<![\w.\-/\\<)}*])/(?:root|home|work|tmp|Users)(?=[/\s\"'`),;:]|\.?$|\.\s)"), "one machine's path"),
    (re.compile(r"\b[A-Za-z]:\\(?:Users|Temp)\b"), "one machine's path"),
    (re.compile(r"\b(?:pypi|pythonhosted|npmjs)\.(?:org|python\.org|com)\b"), "a registry's host"),
)


@dataclass(frozen=True)
class Step:
    """One comment that asks for something: at this line of the document, to run, show or wait."""

    line: int
    verb: str
    text: str
    exit: int


@dataclass(frozen=True)
class Block:
    """The lines between the fences of a ```text block: from *start* up to, not including, *end*."""

    start: int
    end: int


# -- links -------------------------------------------------------------------------------------------------------------


def broken_links(document: Path) -> Iterator[str]:
    """Name every relative link of *document* that leads nowhere."""
    text = CODE.sub(lambda code: "\n" * code[0].count("\n"), document.read_text("utf-8"))
    for match in LINK.finditer(text):
        target = match[1] or match[2]
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        place = f"{shown(document)}:{text.count(chr(10), 0, match.start()) + 1}"
        if not file.is_relative_to(ROOT) or not file.exists():
            yield f"{place}: the link {target} leads nowhere"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file):
            yield f"{place}: {path or 'this document'} has no heading #{anchor}"


def anchors(document: Path) -> set[str]:
    """Give the anchors of all headings, as code hosts spell them."""
    text = re.sub(r"^(```|~~~).*?^\1", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in HEADING.findall(text))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


# -- generated output --------------------------------------------------------------------------------------------------


def wrong_output(document: Path, update: bool) -> Iterator[str]:
    """Run the commands of *document* and name every block that shows something else than they print."""
    lines = document.read_text("utf-8").split("\n")
    fresh: list[tuple[Block, list[str]]] = []
    for step, code, printed in performed([step for n, line in enumerate(lines) if (step := read_step(n, line))]):
        place = f"{shown(document)}:{step.line + 1}"
        if code != step.exit:
            yield f"{place}: `{step.text}` ended with exit {code}, not {step.exit}:\n" + "\n".join(printed)
        if step.verb != "output of":
            continue
        block = block_after(lines, step.line)
        if block is None:
            yield f"{place}: no ```text block follows"
        elif (said := masked(lines[block.start : block.end])) != (says := masked(printed)):
            fresh.append((block, printed))
            if not update:
                difference = "\n".join(unified_diff(said, says, "the document", "the command", lineterm=""))
                yield f"{place}: `{step.text}` prints something else (make docs-update):\n{difference}"
    if update and fresh:
        for block, printed in reversed(fresh):
            lines[block.start : block.end] = printed
        document.write_text("\n".join(lines), "utf-8", newline="\n")
        print(f"{shown(document)}: {len(fresh)} blocks written anew")


def wrong_excerpt(document: Path, update: bool) -> Iterator[str]:
    """Name every block under `<!-- file: PATH -->` that is not the file itself."""
    text = document.read_text("utf-8")
    fresh = text
    for match in EXCERPT.finditer(text):
        file = ROOT / match["path"]
        if not file.is_file():
            yield f"{shown(document)}: there is no file {match['path']}"
        elif match["code"] != (code := file.read_text("utf-8")):
            fresh = fresh.replace(match[0], f"<!-- file: {match['path']} -->\n```{match['kind']}\n{code}```")
            if not update:
                yield f"{shown(document)}: {match['path']} reads otherwise now (make docs-update)"
    if update and fresh != text:
        document.write_text(fresh, "utf-8", newline="\n")


def unexplained_codes() -> Iterator[str]:
    """Name every problem code that a page of problems does not explain."""
    sources = (ROOT / "connector").rglob("*.py")
    codes = {code for source in sources for code in PROBLEM.findall(source.read_text("utf-8"))}
    for page in sorted((ROOT / "docs").glob("problems*.md")):
        headings = set(HEADING.findall(page.read_text("utf-8")))
        yield from (f"{shown(page)}: {code} is explained nowhere" for code in sorted(codes - headings))


def performed(steps: Sequence[Step]) -> Iterator[tuple[Step, int, list[str]]]:
    """Do one document's steps in order, in one fresh folder; give exit code and output of each command."""
    if not steps:
        return
    with tempfile.TemporaryDirectory(prefix="confirma-docs-") as scratch:
        home = Path(scratch).resolve()
        folder = home / "invoices"
        folder.mkdir()
        shutil.copytree(ROOT / "samples", folder / "samples")
        for step in steps:
            if step.verb == "wait":
                time.sleep(float(step.text))
            else:
                yield step, *run(step.text, folder, home)


def read_step(number: int, line: str) -> Step | None:
    """Read the comment on one line, if it is one of ours."""
    match = STEP.match(line.strip())
    return Step(number, match["verb"], match["text"], int(match["exit"] or 0)) if match else None


def block_after(lines: Sequence[str], number: int) -> Block | None:
    """Find the ```text block that follows line *number*; only blank lines may stand between."""
    start = next((i for i in range(number + 1, len(lines)) if lines[i].strip()), None)
    if start is None or lines[start].strip() != "```text":
        return None
    end = next((i for i in range(start + 1, len(lines)) if lines[i].strip() == "```"), None)
    return Block(start + 1, end) if end else None


def run(command: str, folder: Path, home: Path) -> tuple[int, list[str]]:
    """Run *command* as a person in *folder* would; give its exit code and all it printed, in order."""
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    text = done.stdout.replace(f"{folder}{os.sep}", "").replace(str(folder), ".").replace(str(home), "~")
    return done.returncode, [line.rstrip() for line in text.strip("\n").split("\n")]


def environment(home: Path) -> dict[str, str]:
    """Give the environment of a person whose first day this is: no settings, no journal, a plain terminal."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CONFIRMA_", "XDG_", "LC_"))}
    programs = str(Path(sys.executable).parent)
    return kept | {
        "PATH": os.pathsep.join([programs, kept.get("PATH", "")]),
        "HOME": str(home),
        "USERPROFILE": str(home),
        "LOCALAPPDATA": str(home / "AppData"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "CONFIRMA_JOURNAL": str(home / "data" / "journal.db"),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "Europe/Helsinki",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }


def masked(lines: Sequence[str]) -> list[str]:
    """Put a name in the place of whatever changes from run to run."""
    text = "\n".join(line.rstrip() for line in lines)
    for pattern, name in MASKS:
        text = pattern.sub(name, text)
    return text.split("\n")


# -- commands ----------------------------------------------------------------------------------------------------------


def unnamed_commands(documents: Sequence[Path]) -> Iterator[str]:
    """Name every command that no document mentions as `confirma …`."""
    import click

    from confirma_connector.cli import main

    text = "\n".join(document.read_text("utf-8") for document in documents)
    for name in command_names(main, click.Context(main, info_name="confirma"), "confirma"):
        if not re.search(rf"{re.escape(name)}(?![\w-])", text):
            yield f"README.md or docs/: the command `{name}` is mentioned nowhere"


def command_names(group: object, context: object, prefix: str) -> Iterator[str]:
    """Give the full names of all commands below *group* that are not hidden."""
    import click

    if not isinstance(group, click.Group) or not isinstance(context, click.Context):
        return
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        if isinstance(command, click.Group):
            yield from command_names(command, context, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


# -- traces of a machine -----------------------------------------------------------------------------------------------


def traces(file: Path) -> Iterator[str]:
    """Name every line of *file* that tells of one machine or of a package registry."""
    data = file.read_bytes()
    if b"\0" in data:
        return
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        for pattern, what in FOREIGN:
            for match in pattern.finditer(line):
                yield f"{shown(file)}:{number}: {match[0]} is {what}"


def tracked_files() -> list[Path]:
    """Give every file that is in the repository or would be added to it."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout
    return sorted(path for name in set(listed.split("\0")) if name and (path := ROOT / name).is_file())


def shown(file: Path) -> str:
    """Name *file* as seen from the top of the repository."""
    return file.relative_to(ROOT).as_posix()


def main(arguments: Sequence[str]) -> int:
    """Print every finding; exit 1 when there is one."""
    if unknown := set(arguments) - {"--update"}:
        print(f"unknown: {' '.join(sorted(unknown))}; there is only --update")
        return 2
    files = tracked_files()
    documents = [file for file in files if file.suffix == ".md"]
    findings = [
        *(finding for document in documents for finding in broken_links(document)),
        *(finding for document in documents for finding in wrong_output(document, "--update" in arguments)),
        *(finding for document in documents for finding in wrong_excerpt(document, "--update" in arguments)),
        *unnamed_commands(documents),
        *unexplained_codes(),
        *(finding for file in files for finding in traces(file)),
    ]
    print(*findings, sep="\n", end="\n" if findings else "")
    print(f"{len(documents)} documents, {len(files)} files: {len(findings) or 'no'} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
