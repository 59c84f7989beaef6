"""Every command in every README runs, or is named in handling.py with what stands for it; and what a README shows of a command's output
is what comes."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from commands import ROOT, SHELL, blocks, in_backticks, read, readmes  # noqa: E402
from handling import HANDLING, SESSIONS, Case, Instead  # noqa: E402
from session import BIN, Up, environment, in_session, run, script_of  # noqa: E402

DEMO_SECONDS_MAX = 300
START_SECONDS_MAX = 60
# READMEs whose commands speak to what tools/up has started.
WITH_SERVICES = ("tools/clients/README.md", "deploy/prometheus/README.md")


def shown_outputs(path, text):
    """Pairs of a session's block and the block after it that shows how its output ends."""
    before = None
    for block in blocks(path, text):
        if before and in_session(block) and not block.language:
            yield before, block
        before = block if in_session(block) and block.language in SHELL else None


def unhandled(path, text):
    """Commands, and blocks that may be programs, of which the test knows nothing."""
    known = HANDLING.get(path, {})
    shown = [block for _, block in shown_outputs(path, text)]
    for block in blocks(path, text):
        if block.language in SHELL:
            if not in_session(block):
                yield from (f"{c.place}: nothing runs {c.text}" for c in block.commands() if c.text not in known)
        elif block not in shown and block.lines[:1] and block.lines[0] not in known:
            yield f"{block.place}: nothing runs this block of {block.language or 'no language'}"
    yield from (f"{c.place}: nothing runs {c.text}" for c in in_backticks(path, text) if c.text not in known)


def pattern(line):
    return ".+".join(re.escape(piece) for piece in line.split("..."))


def output_of(block, output):
    """What a session printed for one of its blocks."""
    return re.search(rf"^== {re.escape(block.place)}\n(.*?)(?=^== |\Z)", output, re.MULTILINE | re.DOTALL).group(1).rstrip("\n").split("\n")


def output_mistakes(text, output):
    """Where README.md shows or says something else than came."""
    for block, shown in shown_outputs("README.md", text):
        came = output_of(block, output)[-len(shown.lines):]
        if len(came) != len(shown.lines) or not all(re.fullmatch(pattern(a), b) for a, b in zip(shown.lines, came)):
            yield f"{shown.place}: came " + "\n".join(came)
    sums = re.search(r"10 % of (\S+) EUR and the\s+shipping of (\S+) are (\S+) off", text)
    if not sums:
        yield "README.md no longer says what the stack takes off: mend this test"
        return
    for name, amount in zip(("subtotal", "shipping", "discount"), sums.groups()):
        if not re.search(rf"^{name} +{re.escape(amount)} EUR$", output, re.MULTILINE):
            yield f"README.md says that the {name} is {amount} EUR"


class CommandsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.room = tempfile.mkdtemp(prefix="tessera-readme-", dir="/tmp")
        cls.addClassCleanup(shutil.rmtree, cls.room)
        cls.readmes = readmes()

    def path(self, name):
        return os.path.join(self.room, name)

    def succeeds(self, path, **options):
        status, output = run(path, self.readmes[path], self.room, **options)
        self.assertEqual(status, 0, f"{path}:\n{output}")
        return output

    def test_1_each_command_is_handled(self):
        found = [mistake for path, text in self.readmes.items() for mistake in unhandled(path, text)]
        self.assertEqual(found, [])
        for path, known in HANDLING.items():
            text = self.readmes[path]
            there = {c.text for c in in_backticks(path, text)} | {b.lines[0] for b in blocks(path, text) if b.lines}
            there |= {c.text for b in blocks(path, text) if b.language in SHELL for c in b.commands()}
            self.assertEqual(set(known) - there, set(), f"{path} has no such commands any more")
        print(f"[trials] READMEs: {len(self.readmes)}")

    def test_2_new_commands_are_found(self):
        text = self.readmes["README.md"]
        end = text.count("\n") + 1
        seeds = ["```sh\ntools/frob --all\n```", "```python\nimport coupon\n```", "```\n$ curl localhost\n```", "| all | `frob --all` |",
                 "Run `tools/tidy --self-test`.", "Run `helm install tessera`.", "Run `build/dev/bin/frob`.", "```sh\ncouponctl doctor\n```"]
        for seed in seeds:
            found, = unhandled("README.md", text + seed)
            self.assertIn(found.split(": ")[0], (f"README.md:{end}", f"README.md:{end + 1}"), seed)
        self.assertNotEqual(list(unhandled("new/README.md", "# New\n\n```sh\ntools/up\n```\n")), [])
        print(f"[trials] new commands: {len(seeds) + 1}")

    def test_3_stand_ins_name_tests_and_can_fail(self):
        listed = subprocess.run(["ctest", "--test-dir", os.path.dirname(BIN), "-N"], check=True, capture_output=True, text=True).stdout
        tests = set(re.findall(r"^ *Test +#\d+: (\S+)$", listed, re.MULTILINE))
        nowhere = self.path("nowhere")
        os.mkdir(nowhere)
        looked_at = 0
        for path, text in self.readmes.items():
            commands = [*in_backticks(path, text), *(c for b in blocks(path, text) if b.language in SHELL for c in b.commands())]
            for command in commands:
                how = HANDLING.get(path, {}).get(command.text)
                if isinstance(how, Instead):
                    looked_at += 1
                    self.assertTrue(how.why, command)
                    self.assertIn(how.test, tests | {""}, f"{command.place}: ctest has no such test")
                    done = subprocess.run(["bash", "-eo", "pipefail", "-c", script_of(command)], cwd=nowhere, stdin=subprocess.DEVNULL,
                                          env=environment(BIN=nowhere, ROOM=nowhere), capture_output=True, check=False, timeout=60)
                    self.assertNotEqual(done.returncode, 0, f"{command.place}: succeeds where nothing is: {command.text}")
        cases = {how.name for known in HANDLING.values() for how in known.values() if isinstance(how, Case)}
        self.assertEqual({case for case in cases if not hasattr(self, case)}, set())
        print(f"[trials] stand-ins: {looked_at}")

    def test_4_a_first_call(self):
        text = self.readmes["README.md"]
        self.addCleanup(lambda: os.path.exists(os.path.join(ROOT, "build/redemption")) and os.remove(os.path.join(ROOT, "build/redemption")))
        with Up(signal.SIGINT, self.path("up.log")) as up:
            misspelt = text.replace("couponctl claim spring", "couponctl clam spring")
            status, output = run("README.md", misspelt, self.room, redis=up.redis)
            self.assertNotEqual(status, 0)
            line = misspelt[:misspelt.index("couponctl clam")].count("\n") + 1
            self.assertIn(f"README.md:{line}: exit code 2: couponctl clam spring", output)
            output = self.succeeds("README.md", redis=up.redis)
            self.assertEqual(len(up.left_over()), 6, "Redis, three services, a folder and build/up.env are seen")
            printed = re.findall(r"^  (couponctl .+)$", up.said(), re.MULTILINE)
        self.assertGreater(len(printed), 3)
        self.assertEqual([command for command in printed if f"\n{command}" not in text], [], "tools/up prints what README.md has")
        self.assertEqual(list(output_mistakes(text, output)), [])
        pairs = list(shown_outputs("README.md", text))
        self.assertEqual(len(pairs), 1, "the refusal")
        seeds = [("order_id       o-1", "order_id       o-9"), ("exit code 1\n", "exit code 2\n"), ("are 11.30 off", "are 11.31 off"),
                 ("10 % of 64.00", "10 % of 65.00")]
        for right, wrong in seeds:
            self.assertIn(right, text, "mend the seed")
            self.assertEqual(len(list(output_mistakes(text.replace(right, wrong), output))), 1, wrong)
        print(f"[trials] changed outputs: {len(seeds)}")

    def test_5_keys_and_tokens(self):
        """Those that README.md's session made, on an issuer without a Redis."""
        self.assertTrue(os.path.exists(self.path("keys")), "test_4_a_first_call has not come so far")
        keys, tokens = read(self.path("keys")), self.path("tokens.yaml")
        self.assertRegex(keys, r"\A((user|code|request|token) \d+ [0-9a-f]{64} current\n){4}\Z")
        self.assertEqual(os.stat(self.path("keys")).st_mode & 0o777, 0o600)
        example, = [block for block in blocks("README.md", self.readmes["README.md"]) if block.language == "yaml"]
        text = "\n".join(example.lines)
        digest = re.search(r'"(\S+\.\.\.)" +#.*: (printf .*)', text)
        made = subprocess.run(["bash", "-c", digest.group(2)], env={**os.environ, "TOKEN": "of-the-test"}, check=True, capture_output=True,
                              text=True).stdout
        write_file(tokens, text)
        self.assertEqual(self.issuer("--check-config")[0], 2, "an example that is shortened must be refused")
        write_file(tokens, text.replace(digest.group(1), made.split()[0]))
        self.assertEqual(self.issuer("--check-config")[0], 0)
        self.assertEqual(self.issuer("--ports-file", self.path("ports"))[0], 0)
        os.remove(self.path("ports"))
        write_file(self.path("keys"), keys.replace(" current", "", 1))
        status, output = self.issuer("--ports-file", self.path("ports"))
        self.assertNotEqual(status, 0)
        self.assertIn("current", output)

    def issuer(self, *options):
        """Runs it until it ends, or until it has opened its ports."""
        write_file(self.path("issuer.yaml"), f"keys: {{file: {self.path('keys')}}}\nidentity: {{tokens_file: {self.path('tokens.yaml')}}}\n"
                   f'redis: {{addresses: ["unix:{self.path("no.sock")}"]}}\ngrpc: {{listen: "127.0.0.1:0"}}\nhttp: {{listen: "127.0.0.1:0"}}\n')
        process = subprocess.Popen([os.path.join(BIN, "tessera-issuer"), "--config", self.path("issuer.yaml"), *options], env=environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        give_up = time.monotonic() + START_SECONDS_MAX
        while process.poll() is None and not os.path.exists(self.path("ports")) and time.monotonic() < give_up:
            time.sleep(0.05)
        process.terminate()
        output, _ = process.communicate(timeout=START_SECONDS_MAX)
        return process.returncode, output

    def test_6_the_clients_and_what_asks_redis(self):
        with Up(signal.SIGTERM, self.path("up.log")) as up:
            for path in WITH_SERVICES:
                self.succeeds(path, redis=up.redis)

    def test_7_all_others(self):
        copy = self.path("copy")
        shutil.copytree(os.path.join(ROOT, "deploy"), os.path.join(copy, "deploy"), ignore=shutil.ignore_patterns("node_modules", "secrets"))
        os.symlink(os.path.join(ROOT, "tools"), os.path.join(copy, "tools"))
        others = sorted(set(self.readmes) - {*SESSIONS, *WITH_SERVICES})
        self.assertIn("deploy/README.md", others)
        for path in others:
            self.succeeds(path, folder=copy if path == "deploy/README.md" else ROOT)

    def test_8_the_demo(self):
        status, output = self.demo(BIN)
        self.assertEqual((status, output.rstrip().split("\n")[-1]), (0, "demo: ok"), output)
        status, output = self.demo(self.path("nowhere"))
        self.assertEqual(status, 127, output)

    def demo(self, bin_dir):
        done = subprocess.run(["timeout", str(DEMO_SECONDS_MAX), os.path.join(ROOT, "tools/demo")], env={**environment(), "TESSERA_BIN_DIR": bin_dir},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return done.returncode, done.stdout


def write_file(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
