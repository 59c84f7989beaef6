"""The three programs as they were built, and what they say of their own configuration."""
import functools
import os
import subprocess

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVICES = ("issuer", "redeemer", "analytics")


def bin_dir():
    """Where ctest says that the programs are; by hand, the dev build's folder."""
    return os.environ.get("TESSERA_BIN_DIR") or os.path.join(ROOT, "build", "dev", "bin")


def clean_environment():
    """Without what this test run itself is told: a service would take it for a field of its configuration."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TESSERA_")}


def check_config(service, environment=None):
    """What --check-config says: (the effective configuration, "") or (None, what it complained about). The same is asked once."""
    return run_check_config(service, tuple(sorted((environment or {}).items())))


@functools.lru_cache(maxsize=None)
def run_check_config(service, environment):
    ran = subprocess.run([os.path.join(bin_dir(), f"tessera-{service}"), "--check-config"], capture_output=True, text=True, timeout=60,
                         env={**clean_environment(), **dict(environment)}, check=False)
    if ran.returncode != 0:
        return None, ran.stderr.strip()
    return yaml.safe_load(ran.stdout), ""


def fields(config, prefix=""):
    """{"redis.timeout_ms": 100, ...}"""
    found = {}
    for key, value in config.items():
        if isinstance(value, dict):
            found.update(fields(value, prefix + key + "."))
        else:
            found[prefix + key] = value
    return found


def variable(field):
    """The environment variable that sets a field, as lib/server/config.h has it."""
    return "TESSERA_" + field.upper().replace(".", "_")
