"""Builds the image of deploy/Dockerfile without a daemon and without a registry, and runs programs in it."""
import datetime
import json
import os
import subprocess

from programs import ROOT, bin_dir, clean_environment

# Where layers lie. The bases are kept for a week: debootstrap takes most of a minute.
STORAGE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "tessera", "containers")


def run(*command, **options):
    ran = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=clean_environment(), check=False, **options)
    if ran.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit {ran.returncode}\n{ran.stdout[-4000:]}")
    return ran.stdout.strip()


def buildah(*arguments, **options):
    return run("buildah", "--root", STORAGE, "--runroot", STORAGE + ".run", *arguments, **options)


def host_release():
    with open("/etc/os-release", encoding="utf-8") as file:
        return next(line.split("=")[1].strip() for line in file if line.startswith("VERSION_CODENAME="))


def mirror():
    """The archive of Debian that this machine's apt is told to use."""
    sites = run("apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", "Origin: Debian", "Label: Debian").split()
    if not sites:
        raise RuntimeError("apt knows no Debian archive: run apt-get update")
    return sites[0]


def base(release, room):
    """Stands for debian:<release>-slim: what debootstrap makes of the same packages."""
    year, week, _ = datetime.date.today().isocalendar()
    name = f"localhost/tessera-base-{release}"
    tagged = f"{name}:{year}-{week}"
    kept = buildah("images", "--format", "{{.Name}}:{{.Tag}}").split()
    if tagged in kept:
        return tagged
    for old in kept:
        if old.startswith(name + ":"):
            buildah("rmi", "--force", old)
    folder = os.path.join(room, release)
    run("debootstrap", "--variant=minbase", release, folder, mirror())
    # What slim leaves out, but for copyrights.
    run("sh", "-c", "rm -rf var/cache/apt/* var/lib/apt/lists/* usr/share/man/* usr/share/info/* usr/share/locale/*; "
        "find usr/share/doc -not -type d -not -name copyright -delete", cwd=folder)
    container = buildah("from", "scratch")
    buildah("add", "--quiet", container, folder, "/")
    buildah("commit", "--quiet", "--rm", container, tagged)
    run("rm", "-rf", folder)
    return tagged


def build(tag, room, whole, revision):
    """Builds the image. Not `whole`: around the programs that are built already, on the release they were built on."""
    release = "trixie" if whole else host_release()
    using = base(release, room)
    arguments = ["--build-arg", f"BUILD_BASE={using}", "--build-arg", f"RUNTIME_BASE={using}", "--build-arg", f"REVISION={revision}"]
    if not whole:
        staged = os.path.join(room, "programs")
        run(os.path.join(ROOT, "deploy/image/stage"), bin_dir(), staged)
        arguments += ["--build-context", f"programs={staged}"]
    buildah("bud", "--isolation", "chroot", "--layers=false", "--pull-never", *arguments, "-t", tag, "-f", "deploy/Dockerfile", ".", cwd=ROOT)
    return release


# Bind mounts in a mount namespace of its own, the root read-only, no capability and no way to gain one, the image's numeric user.
# Execs all along, so that a signal to the process reaches the program.
SETUP = """
set -e
root=$1 user=$2 mounts=$3 environment=$4
shift 4
mount --bind "$root" "$root"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
for pair in $mounts; do
  mkdir -p "$root/${pair#*:}"
  mount --bind "${pair%%:*}" "$root/${pair#*:}"
done
mount -o remount,bind,ro "$root"
exec env -i $environment chroot "$root" setpriv --no-new-privs --reuid "${user%:*}" --regid "${user#*:}" --clear-groups --inh-caps=-all \
  --bounding-set=-all "$@"
"""


class Container:
    """A container of an image, run as Kubernetes' restricted profile has it, on the host's network."""

    def __init__(self, tag):
        self.name = buildah("from", "--pull-never", tag)
        self.root = buildah("mount", self.name)
        self.config = json.loads(buildah("inspect", "--type", "image", tag))["OCIv1"]["config"]

    def command(self, arguments, environment=None, mounts=None):
        variables = [*self.config["Env"], *(f"{name}={value}" for name, value in (environment or {}).items())]
        pairs = [f"{outside}:{inside}" for inside, outside in (mounts or {}).items()]
        return ["unshare", "--mount", "sh", "-c", SETUP, "sh", self.root, self.config["User"], " ".join(pairs), " ".join(variables), *arguments]

    def run(self, *arguments, **options):
        ran = subprocess.run(self.command(arguments, **options), capture_output=True, text=True, timeout=60, check=False)
        return ran.returncode, ran.stdout, ran.stderr

    def start(self, *arguments, log, **options):
        return subprocess.Popen(self.command(arguments, **options), stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def remove(self):
        buildah("rm", self.name)
