"""A README as a session of bash, and tools/up beside it."""
import ctypes
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time

from commands import ROOT, SHELL, blocks, in_backticks, read
from handling import HANDLING, SESSIONS, Instead, Run

BIN = os.environ["TESSERA_BIN_DIR"]
UP_SECONDS_MAX = 60
SESSION_SECONDS_MAX = 900
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)

# A line that fails is told by its number, which is the README's.
PRELUDE = """set -eo pipefail; trap 'echo "$README:$LINENO: exit code $?: $BASH_COMMAND" >&2' ERR"""


def in_session(block):
    return SESSIONS.get(block.path) == block.section


def script_of(command):
    """What runs for a command that HANDLING has."""
    how = HANDLING[command.path][command.text]
    if isinstance(how, Run):
        return how.script.replace("{}", command.text)
    if isinstance(how, Instead):
        # Files that it names must be there, whatever else is looked for.
        named = re.findall(r"(?:-f |--from-file=)(\S+)", command.text)
        named += [f"{folder}/kustomization.yaml" for folder in re.findall(r"-k (\S+)", command.text)]
        return "; ".join([f"test -s {shlex.quote(file)}" for file in named] + [how.script])
    return ":"  # a case of the test


def script(path, text):
    """The README's commands, each on its line there, all else blank. Each block of a session is announced by its place."""
    lines = [""] * (text.count("\n") + 1)
    commands = list(in_backticks(path, text))
    for block in blocks(path, text):
        if block.language not in SHELL:
            continue
        if in_session(block):
            lines[block.line - 1] = f"echo '== {block.place}'"
            lines[block.line:block.line + len(block.lines)] = block.lines
        commands += block.commands()
    for number in {command.line for command in commands if command.text in HANDLING[path]}:
        lines[number - 1] = "; ".join(script_of(c) for c in commands if c.line == number and c.text in HANDLING[path])
    lines[0] = PRELUDE  # a heading stands there
    return "\n".join(lines)


def environment(**more):
    """Without what this test is told: a service would take it for its configuration, and a session for an address."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TESSERA_", "COUPON_"))}
    return {**own, "BIN": BIN, **more}


def run(path, text, room, folder=ROOT, redis=""):
    """The session's exit code, and all that it printed."""
    with tempfile.NamedTemporaryFile("w", dir=room, suffix=".sh", encoding="utf-8") as file:
        file.write(script(path, text))
        file.flush()
        done = subprocess.run(["bash", file.name], cwd=folder, env=environment(README=path, ROOM=room, REDIS=redis), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SESSION_SECONDS_MAX, check=False)
    return done.returncode, done.stdout


def as_in_a_terminal():
    """Ctrl-C counts, also when the tests run in the background; and it ends with this process, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Up:
    """tools/up, which runs until it gets `how`, and then must leave nothing."""

    def __init__(self, how, log):
        self.how = how
        self.log = log

    def __enter__(self):
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([os.path.join(ROOT, "tools/up")], env={**environment(), "TESSERA_BIN_DIR": BIN},
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=as_in_a_terminal)
        give_up = time.monotonic() + UP_SECONDS_MAX
        while "Ctrl-C ends all." not in self.said():
            if self.process.poll() is not None or time.monotonic() > give_up:
                self.process.terminate()
                raise AssertionError("tools/up does not come up:\n" + self.said())
            time.sleep(0.1)
        self.redis = re.search(r"^Redis +(\S+)$", self.said(), re.MULTILINE).group(1)
        self.room = os.path.dirname(self.redis)
        return self

    def said(self):
        return read(self.log)

    def __exit__(self, *error):
        self.process.send_signal(self.how)
        status = self.process.wait(UP_SECONDS_MAX)
        left = self.left_over()
        if error[0] is None:
            assert status == 128 + self.how, f"tools/up exits with {status}:\n" + self.said()
            assert left == [], f"tools/up leaves {left}"
        else:
            print(f"tools/up exits with {status} and leaves {left}:\n" + self.said(), file=sys.stderr)

    def left_over(self):
        found = [self.room] if os.path.exists(self.room) else []
        for process in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{process}/cmdline", "rb") as file:
                    line = file.read().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue  # gone
            if self.room in line:
                found.append(f"process {process}: {line}")
        addresses = os.path.join(ROOT, "build/up.env")
        if os.path.exists(addresses):
            found += [addresses] if self.room in read(addresses) else []
        return found
