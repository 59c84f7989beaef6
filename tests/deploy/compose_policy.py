"""What Compose's own check of deploy/compose.yaml can't know: whether ports, mounts, names and variables are the programs' own."""
import glob
import os
import re
import subprocess

import yaml

from programs import SERVICES, check_config, clean_environment, fields, variable

SECRETS = "/etc/tessera/secrets/"
STOP_SECONDS, SPARE_SECONDS = 1, 2  # the services' kStopTime, and what is left to spare


def rendered(deploy, environment):
    """What docker-compose makes of the file, as (configuration, "") or (None, complaint)."""
    ran = subprocess.run(["docker-compose", "-f", os.path.join(deploy, "compose.yaml"), "config"], capture_output=True, text=True,
                         env={**clean_environment(), **environment}, check=False)
    return (yaml.safe_load(ran.stdout), "") if ran.returncode == 0 else (None, ran.stderr)


def mounts(service):
    """[(source, target, read only)]; the two versions of docker-compose print them differently."""
    found = []
    for volume in service.get("volumes", []):
        if isinstance(volume, dict):
            found.append((volume["source"], volume["target"], bool(volume.get("read_only"))))
        else:
            source, target, *mode = volume.split(":")
            found.append((source, target, mode == ["ro"]))
    return found


def ports(service):
    """[(address, published, inside)]"""
    found = []
    for port in service.get("ports", []):
        if isinstance(port, dict):
            found.append((port.get("host_ip", ""), str(port["published"]), str(port["target"])))
        else:
            found.append(re.fullmatch(r"(?:([\d.]+):)?(\d+):(\d+)(?:/tcp)?", port).groups())
    return found


def seconds(text):
    minutes, rest = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", text).groups()
    return int(minutes or 0) * 60 + int(rest or 0)


def port_of(address):
    return address.rsplit(":", 1)[1]


def judge_service(name, service, services, secrets):
    """One of the three, against what its program says."""
    program = service["entrypoint"][0]
    if program != f"tessera-{name}":
        yield f"{name}: runs {program}"
        return
    known, _ = check_config(name)
    variables = {variable(field) for field in fields(known)}
    environment = dict(service["environment"])
    for key, value in list(environment.items()):
        if key not in variables:
            yield f"{name}: {key} is no field of the program"
        if key.endswith("_FILE"):
            if not any(value.startswith(target.rstrip("/") + "/") and read_only for _, target, read_only in mounts(service)):
                yield f"{name}: {key}: {value} is in no read-only mount"
            if not value.startswith(SECRETS) or not os.path.exists(os.path.join(secrets, value[len(SECRETS):])):
                yield f"{name}: {key}: make-secrets does not write {value}"
            environment[key] = os.path.join(secrets, os.path.basename(value))
    config, complaint = check_config(name, environment=environment)
    if config is None:
        yield f"{name}: refuses its configuration: {complaint}"
        return
    if [inside for _, _, inside in ports(service)] != [port_of(config["grpc"]["listen"])]:
        yield f"{name}: publishes other ports than grpc.listen"
    if service["healthcheck"]["test"] != ["CMD", "tessera-ready", port_of(config["http"]["listen"])]:
        yield f"{name}: its health check does not ask http.listen"
    needed = (config["drain"]["notice_ms"] + config["drain"]["limit_ms"]) / 1000 + STOP_SECONDS + SPARE_SECONDS
    if seconds(service.get("stop_grace_period", "10s")) < needed - 0.5:
        yield f"{name}: is killed before its drain of {needed} s is over"
    for address in config["redis"]["addresses"]:
        if address.split(":")[0] not in services:
            yield f"{name}: there is no service {address} for redis.addresses"
        elif address.split(":")[0] not in service["depends_on"]:
            yield f"{name}: does not wait for {address}"
    if not service.get("read_only") or service.get("cap_drop") != ["ALL"]:
        yield f"{name}: could write its root file system, or has capabilities"


def judge_image(services, dockerfile):
    with open(dockerfile, encoding="utf-8") as file:
        text = file.read()
    user = re.search(r"^USER (\S+)$", text, re.M).group(1)
    exposed = set(re.search(r"^EXPOSE (.+)$", text, re.M).group(1).split())
    for name in SERVICES:
        if services[name]["user"] != user:
            yield f"{name}: is user {services[name]['user']}, the image's is {user}"
        if not {inside for _, _, inside in ports(services[name])} <= exposed:
            yield f"{name}: the image does not expose its port"
        if services[name]["image"] != services["issuer"]["image"]:
            yield f"{name}: runs another image"


def judge_prometheus(service, services):
    files = {target: source for source, target, _ in mounts(service)}
    named = next((c.split("=", 1)[1] for c in service["command"] if c.startswith("--config.file=")), "")
    if not os.path.isfile(files.get(named, "")):
        yield f"prometheus: its configuration {named} is not mounted"
        return
    with open(files[named], encoding="utf-8") as file:
        config = yaml.safe_load(file)
    for pattern in config.get("rule_files", []):
        inside = os.path.normpath(os.path.join(os.path.dirname(named), pattern))
        source = files.get(os.path.dirname(inside))
        if source is None or not glob.glob(os.path.join(source, os.path.basename(inside))):
            yield f"prometheus: no mounted file is {inside}"
    scraped = {target for job in config["scrape_configs"] for entry in job.get("static_configs", []) for target in entry["targets"]}
    for name in SERVICES:
        config, _ = check_config(name)
        wanted = f"{name}:{port_of(services[name]['environment'].get('TESSERA_HTTP_LISTEN', config['http']['listen']))}"
        if wanted not in scraped:
            yield f"prometheus: does not scrape {wanted}"
    for target in scraped:
        if target.split(":")[0] not in [*services, "localhost"]:
            yield f"prometheus: there is no service {target}"


def judge_grafana(service, services):
    files = {target: source for source, target, _ in mounts(service)}
    provisioning = files.get("/etc/grafana/provisioning", "/nowhere")
    sources = glob.glob(os.path.join(provisioning, "datasources", "*.yaml"))
    providers = glob.glob(os.path.join(provisioning, "dashboards", "*.yaml"))
    if not sources or not providers:
        yield "grafana: no datasource, or no provider of dashboards, is mounted"
    for path in sources:
        with open(path, encoding="utf-8") as file:
            for source in yaml.safe_load(file)["datasources"]:
                host, port = re.fullmatch(r"https?://([^:/]+):(\d+)/?", source["url"]).groups()
                if host not in services or port not in {inside for _, _, inside in ports(services[host])}:
                    yield f"grafana: there is no service at {source['url']}"
    for path in providers:
        with open(path, encoding="utf-8") as file:
            for provider in yaml.safe_load(file)["providers"]:
                if not glob.glob(os.path.join(files.get(provider["options"]["path"], "/nowhere"), "*.json")):
                    yield f"grafana: no dashboard is mounted at {provider['options']['path']}"


def judge(deploy, secrets):
    """Everything that is wrong with deploy/compose.yaml, in words."""
    config, complaint = rendered(deploy, {"GRAFANA_PASSWORD": "of-the-test"})
    if config is None:
        return [complaint]
    services = config["services"]
    found = []
    for name, service in services.items():
        for address, published, _ in ports(service):
            if address != "127.0.0.1":
                found.append(f"{name}: port {published} is open to other machines")
        if not re.search(r":[\w.-]+$", service["image"]) or (service["image"].endswith(":latest") and "build" not in service):
            found.append(f"{name}: image {service['image']} has no version")
        for source, target, _ in mounts(service):
            made = source.startswith(os.path.join(deploy, "secrets"))
            if made and not os.path.exists(secrets + source[len(os.path.join(deploy, "secrets")):]):
                found.append(f"{name}: make-secrets does not write {source}")
            if not made and not os.path.exists(source) and source not in config.get("volumes", {}):
                found.append(f"{name}: {target}: there is no {source}")
    found += judge_image(services, os.path.join(deploy, "Dockerfile"))
    for name in SERVICES:
        found += judge_service(name, services[name], services, secrets)
    found += judge_prometheus(services["prometheus"], services)
    found += judge_grafana(services["grafana"], services)
    if not any(target == "/data" and source in config["volumes"] for source, target, _ in mounts(services["redis"])):
        found.append("redis: /data is no volume, so its file goes with the container")
    return found
