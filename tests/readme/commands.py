"""What the READMEs tell their readers to run: every fenced block, and every command in backticks in a text or a table."""
import os
import re
import shutil
import subprocess
from dataclasses import dataclass

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

SHELL = {"sh", "bash", "shell", "console"}
# They may be missing here, where a README's reader has them.
PROGRAMS = {"buildah", "couponctl", "docker", "docker-compose", "helm", "kubectl", "podman", "tessera-analytics", "tessera-issuer",
            "tessera-redeemer"}
# Programs of some machines, and words of another language in a README.
WORDS = {"import"}


@dataclass(frozen=True)
class Command:
    path: str
    line: int
    text: str  # on one line, without its comment

    @property
    def place(self):
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Block:
    path: str
    line: int  # of its fence; its first line is the next
    language: str
    section: str  # the heading above it
    lines: tuple

    @property
    def place(self):
        return f"{self.path}:{self.line}"

    def commands(self):
        """A command that goes on after a backslash is one, at its first line."""
        text, start = "", None
        for number, line in enumerate(self.lines, self.line + 1):
            start = start or number
            bare = re.sub(r"(^|\s)#\s.*$", "", line).strip()
            text += bare.removesuffix("\\").strip() + " "
            if not bare.endswith("\\"):
                if text.strip():
                    yield Command(self.path, start, text.strip())
                text, start = "", None


def readmes():
    """Of the checkout, those too that are not committed yet."""
    listed = subprocess.run(["git", "-c", f"safe.directory={ROOT}", "ls-files", "-co", "--exclude-standard", "--", "*README.md",
                             "*CONTRIBUTING.md"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {path: read(path) for path in sorted(set(listed.split())) if os.path.exists(os.path.join(ROOT, path))}


def read(path):
    """A file of the checkout, or by its full path."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def blocks(path, text):
    section, fence, inside = "", None, []
    for number, line in enumerate(text.split("\n"), 1):
        mark = re.match(r"\s*(?:```|~~~)\s*(\w*)", line)
        if fence is None and mark:
            fence, inside = (number, mark.group(1)), []
        elif mark:
            yield Block(path, fence[0], fence[1], section, tuple(inside))
            fence = None
        elif fence:
            inside.append(line)
        elif line.startswith("#"):
            section = line.lstrip("# ")
    assert fence is None, f"{path}:{fence[0]}: a block without an end"


def in_backticks(path, text):
    """What is a command by its first word: a program of this folder or the checkout's, or, with arguments, one of the machine. In a
    table, what fills a cell and looks like a word with arguments."""
    fenced = {number for block in blocks(path, text) for number in range(block.line, block.line + len(block.lines) + 2)}
    for number, line in enumerate(text.split("\n"), 1):
        if number in fenced:
            continue
        cells = {cell.strip() for cell in line.split("|")} if line.startswith("|") else set()
        assert line.count("`") % 2 == 0, f"{path}:{number}: backticks that do not end on their line"
        for span in re.findall(r"`([^`]+)`", line):
            if is_program(path, span) or f"`{span}`" in cells and re.match(r"[\w./-]+ ", span):
                yield Command(path, number, span)


def is_program(path, span):
    word, *arguments = span.split() or [""]
    for folder in (ROOT, os.path.join(ROOT, os.path.dirname(path))):
        program = os.path.join(folder, word)
        if os.path.isfile(program) and os.access(program, os.X_OK):
            return True
    if re.match(r"build/[\w/]*bin/", word):
        return True
    return bool(arguments) and word not in WORDS and (word in PROGRAMS or shutil.which(word) is not None)
