"""What commands_test.py does with each command of the READMEs, by file and by the command as it stands there. A command that is neither
here nor in a session of SESSIONS fails the test, and so does an entry whose command is gone.

Scripts are lines of bash under `set -e`, so `;` joins what must succeed. They run in the checkout; those of deploy/README.md in a folder
with tools/ and a copy of deploy/. They know $BIN, the folder of the built programs, $ROOM, a folder for what they write, and $REDIS, a socket.
"""
from dataclasses import dataclass

# The section whose blocks run as they stand, in one session, while tools/up runs.
SESSIONS = {"README.md": "A first call"}


@dataclass(frozen=True)
class Run:
    """The command itself runs; {} in the script is it, where it needs a place of its own or a value for a NAME."""
    script: str = "{}"


@dataclass(frozen=True)
class Case:
    """A case of commands_test.py is about it."""
    name: str


@dataclass(frozen=True)
class Instead:
    """It can't run here for the reason `why`. The script runs in its place, and looks for what it names. `test` of ctest does the same by
    other means; where none does, `why` says what else."""
    script: str
    why: str
    test: str = ""


DAEMON = "needs a daemon of Docker"
CLUSTER = "needs a cluster of Kubernetes"

HANDLING = {
    "README.md": {
        "tools/demo": Case("test_8_the_demo"),
        "tools/up": Case("test_4_a_first_call"),
        "tools/test": Instead("bash -n tools/test; grep -q -e '== --full' tools/test; grep -q tests/RESULTS.md tools/results",
                              "it is what runs this test"),
        "tools/bench": Instead('bash -n tools/bench; "$BIN/tessera-bench" --help', "measures a release build, for six minutes"),
        "build/release/bin/tessera-load --help": Run('"$BIN/tessera-load" --help'),
        "tools/picture": Instead("/usr/bin/python3 -B tools/picture --help", "plays a day and overwrites a committed picture", "watch_live"),
        '(umask 077; for purpose in user code request token; do echo "$purpose 0 $(openssl rand -hex 32) current"; done >keys)':
            Run('(cd "$ROOM"; {})'),
        "<user|code|request|token> <key id> <64 hexadecimal digits> [current]": Case("test_5_keys_and_tokens"),
        "tokens:": Case("test_5_keys_and_tokens"),
        "openssl rand -hex 32": Run(),
    },
    "CONTRIBUTING.md": {
        "tools/test": Instead("bash -n tools/test; grep -q '^cmake --build --preset dev' tools/test", "it is what runs this test"),
        "tools/check": Instead("bash -n tools/check; for check in format tidy protos clang-tidy features reasons; do "
                               "grep -q \"^run $check \" tools/check; done",
                               "clang-tidy takes an hour, and the rest reads what tools/test has left; .ci/run runs it"),
        ".ci/run": Instead("bash -n .ci/run; grep -q '^tools/test ' .ci/run; grep -q '^tools/check ' .ci/run", "tools/test is what runs this test"),
        "cmake --preset dev": Instead("cmake --list-presets | grep '\"dev\"' >/dev/null", "configures the tree that this test runs from"),
        "cmake --build --preset dev --target <name>":
            Instead("cmake --list-presets=build | grep '\"dev\"' >/dev/null", "compiles what this test runs"),
        "build/dev/bin/<name>": Run('"$BIN/tessera-issuer" --version'),
        "tools/dashboards": Instead("bash -n tools/dashboards", "overwrites what is committed; --check is the same but for that", "watch_dashboards"),
        "tools/monitoring": Run("{} --check"),
        "tools/reasons": Instead("grep -q '^run reasons tools/reasons$' tools/check", "reads what tools/test has left; tools/check runs it"),
        "tools/tidy": Instead("test -x tools/tidy", "has a test of its own", "tidy"),
        "tools/check --accept-protos": Instead("grep -q '^  --accept-protos)$' tools/check", "overwrites what is committed"),
    },
    "deploy/README.md": {
        "docker build -f deploy/Dockerfile -t tessera:dev --build-arg REVISION=$(git rev-parse HEAD) .":
            Instead("grep -q '^ARG REVISION' deploy/Dockerfile", DAEMON, "deploy_image"),
        "docker run --rm tessera:dev tessera-issuer --check-config": Instead('"$BIN/tessera-issuer" --check-config', DAEMON, "deploy_image"),
        "docker run --rm tessera:dev cat /usr/local/share/tessera/sbom.cdx.json":
            Instead("grep -q '>/usr/local/share/tessera/sbom.cdx.json$' deploy/Dockerfile", DAEMON, "deploy_image"),
        "sudo deploy/make-secrets deploy/secrets 65532":
            Run('if [[ $(id -u) == 0 ]]; then deploy/make-secrets deploy/secrets 65532; else {}; fi; test -d deploy/secrets'),
        "export GRAFANA_PASSWORD=...": Run(),
        "docker compose -p tessera -f deploy/compose.yaml up --build --detach":
            Instead("docker-compose -p tessera -f deploy/compose.yaml config -q; docker-compose up --help | grep -e --detach >/dev/null",
                    DAEMON, "deploy_compose"),
        "docker-compose config": Run("GRAFANA_PASSWORD=... docker-compose -f deploy/compose.yaml config -q"),
        "deploy/make-secrets deploy/kubernetes/overlays/development/secrets": Run(),
        "kubectl apply -k deploy/kubernetes/overlays/development": Instead(
            "(cd deploy/kubernetes/overlays/development; for name in keys tokens.yaml redis-password; do "
            "grep -q \"files:.*secrets/$name\" kustomization.yaml; test -s secrets/$name; done)", CLUSTER, "deploy_kubernetes"),
        "deploy/make-secrets production-secrets": Run(),
        "kubectl create namespace tessera": Instead("grep -qx 'namespace: tessera' deploy/kubernetes/overlays/production/kustomization.yaml",
                                                    CLUSTER, "deploy_kubernetes"),
        "kubectl --namespace tessera create secret generic tessera-secrets --from-file=production-secrets/keys "
        "--from-file=production-secrets/tokens.yaml --from-file=production-secrets/redis-password":
            Instead("grep -q 'secretName: tessera-secrets$' deploy/kubernetes/base/service/deployment.yaml", CLUSTER, "deploy_kubernetes"),
        "tools/monitoring": Run("{} --check"),
        "make-secrets FOLDER": Run('deploy/make-secrets "$ROOM/secrets"; '
                                   'for name in keys tokens.yaml redis-password token; do test -s "$ROOM/secrets/$name"; done'),
        "buildah bud": Instead("buildah bud --help >/dev/null; test -f deploy/Dockerfile", "takes minutes", "deploy_image"),
        "podman build": Instead("test -f deploy/Dockerfile", "tools/setup does not install it; what it builds with is buildah", "deploy_image"),
    },
    "deploy/grafana/README.md": {
        "tools/dashboards": Instead("bash -n tools/dashboards", "overwrites what is committed; --check is the same but for that", "watch_dashboards"),
        "tools/dashboards --check": Instead("grep -q -e '== --check' tools/dashboards", "has a test of its own", "watch_dashboards"),
        "tools/picture": Instead("/usr/bin/python3 -B tools/picture --help", "plays a day and overwrites a committed picture", "watch_live"),
        "ctest -L deploy": Instead('ctest --test-dir "$BIN/.." -N -L deploy | grep watch_live >/dev/null', "it runs this test"),
    },
    "deploy/prometheus/README.md": {
        "tools/monitoring": Run("{} --check"),
        "promtool test rules tests/*.yml": Run("(cd deploy/prometheus; {})"),
        "ctest -L deploy": Instead('ctest --test-dir "$BIN/.." -N -L deploy | grep watch_rules >/dev/null', "it runs this test"),
        "redis-cli --latency": Run('timeout 20 redis-cli -s "$REDIS" --latency'),
        "redis-cli -h HOST ping": Run('redis-cli -s "$REDIS" ping | grep PONG >/dev/null'),
    },
    "tests/model/README.md": {
        "run": Instead("test -x tests/model/run", "searches for minutes", "model_escrow"),
        "spin -a": Run('cp tests/model/*.pml "$ROOM"; (cd "$ROOM"; {} take_code.pml; test -s pan.c)'),
    },
    "tools/clients/README.md": {
        ". build/up.env": Run(),
        "tools/up": Case("test_6_the_clients_and_what_asks_redis"),
        "tools/clients/build python": Run(),
        "/usr/bin/python3 tools/clients/python/coupon_life.py": Run(),
        "tools/clients/build node": Run(),
        "node build/clients/node/out/coupon_life.js": Run(),
        "tools/clients/build go": Run(),
        "build/clients/go/bin/coupon_life": Run(),
        "build": Instead("test -x tools/clients/build", "names the program that the table's rows run"),
    },
}
