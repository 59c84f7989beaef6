"""How the example of each language is built, run, and spoilt."""
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCES = os.path.join(ROOT, "tools/clients")
BUILT = os.path.join(ROOT, "build/clients")


class Language:
    """`example` is the program that can be run or compiled; `command` runs it. `seeds` are texts of it and what a mistake makes of each:
    the bytes of a repeated claim, the discount, the refusal, the rollback, the verdict after it."""

    environment = {}

    def build(self):
        done = subprocess.run([os.path.join(SOURCES, "build"), self.name], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def spoilt(self, right, wrong):
        """Runs what `command` would if its program had `wrong` for `right`."""
        with open(self.example, encoding="utf-8") as file:
            text = file.read()
        assert right in text, f"{self.example} does not contain {right}: mend the seed"
        os.makedirs(os.path.dirname(self.spoilt_example), exist_ok=True)
        with open(self.spoilt_example, "w", encoding="utf-8") as file:
            file.write(text.replace(right, wrong))
        return self.spoilt_command()


class Python(Language):
    name = "python"
    example = os.path.join(SOURCES, "python/coupon_life.py")
    # As deep as the real one, for it finds the root of the repository from where it lies.
    spoilt_example = os.path.join(BUILT, "spoilt/coupon_life.py")
    command = ["/usr/bin/python3", "-B", example]
    seeds = [("again.SerializeToString()", 'b""'), ("640", "641"), ('"COUPON_ALREADY_REDEEMED"', '"COUPON_RESERVED"'),
             ("rollback.whole", "not rollback.whole"), ("verdict.redeemable", "not verdict.redeemable")]

    def spoilt_command(self):
        return ["/usr/bin/python3", "-B", self.spoilt_example]


class Node(Language):
    name = "node"
    environment = {"GRPC_NODE_USE_ALTERNATIVE_RESOLVER": "true"}  # or it asks the system's name server, whatever the address says
    example = os.path.join(BUILT, "node/out/coupon_life.js")
    spoilt_example = os.path.join(BUILT, "node/out/spoilt_coupon_life.js")
    command = ["node", example]
    seeds = [("bytes(again)", "Buffer.alloc(0)"), ("640", "641"), ('"COUPON_ALREADY_REDEEMED"', '"COUPON_RESERVED"'),
             ("rollback.whole", "!rollback.whole"), ("verdict.redeemable", "!verdict.redeemable")]

    def spoilt_command(self):
        return ["node", self.spoilt_example]


class Go(Language):
    name = "go"
    example = os.path.join(SOURCES, "go/coupon_life.go")
    spoilt_example = os.path.join(BUILT, "go/spoilt/coupon_life.go")
    command = [os.path.join(BUILT, "go/bin/coupon_life")]
    seeds = [("bytes.Equal(first, second)", "bytes.Equal(first, second[1:])"), ("640", "641"),
             ('"COUPON_ALREADY_REDEEMED"', '"COUPON_RESERVED"'), ("rollback.Whole", "!rollback.Whole"),
             ("verdict.Redeemable", "!verdict.Redeemable")]

    def spoilt_command(self):
        subprocess.run(["go", "build", "-buildvcs=false", "-o", "bin/spoilt", "./spoilt"], cwd=os.path.join(BUILT, "go"), check=True)
        return [os.path.join(BUILT, "go/bin/spoilt")]
