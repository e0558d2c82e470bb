#!/usr/bin/env python3
"""Carries out a Dockerfile without Docker: its very steps, in roots that debootstrap makes; then tries the image.

    sudo docker/rehearse.py [--target cpu] [--work /var/tmp/engram-images]

Stands in for `docker build` and `docker run --network=none` on a machine that has no engine. Each stage becomes a folder
below --work, and is kept as long as nothing that it is made of changes. Steps run in namespaces of their own, so nothing
is mounted, bound or left running outside. What it does not know of Dockerfiles it refuses. Needs root on Linux, and
debootstrap.
"""

import argparse
import contextlib
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
DOCKERFILE = CHECKOUT / "docker" / "Dockerfile"
SMOKE_TEST = CHECKOUT / "docker" / "smoke.py"
MIRROR = "http://deb.debian.org/debian"
SECURITY = "http://deb.debian.org/debian-security"
TOKEN = "a-token-of-the-rehearsal"
STATE_ONLY = {"ENV", "ARG", "WORKDIR", "USER", "ENTRYPOINT", "CMD", "HEALTHCHECK", "VOLUME", "EXPOSE", "LABEL"}
# What a slim image leaves out, by the same means.
SLIM = "".join(f"path-exclude /usr/share/{part}/*\n" for part in ("doc", "info", "lintian", "linda", "locale", "man"))


class Refusal(Exception):
    """What this rehearsal cannot do, in one sentence."""


# ---- reading ----


@dataclass
class Stage:
    name: str
    base: str
    steps: list = field(default_factory=list)


def instructions(text):
    """The instructions of a Dockerfile: keyword and the rest, comments gone, continued lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines) + "\n")
    for line in filter(None, map(str.strip, joined.splitlines())):
        keyword, _, rest = line.partition(" ")
        if "<<" in rest:
            raise Refusal(f"This rehearsal does not read here-documents: {line}")
        yield keyword.upper(), rest.strip()


def stages(text):
    """The stages of a Dockerfile by name, in order."""
    found = {}
    for keyword, rest in instructions(text):
        if keyword == "FROM":
            base, name = re.fullmatch(r"(\S+) AS (\S+)", rest).groups()
            stage = found[name] = Stage(name, base)
        elif keyword in STATE_ONLY | {"RUN", "COPY"}:
            stage.steps.append((keyword, rest))
        else:
            raise Refusal(f"This rehearsal does not know {keyword}.")
    return found


def flags(rest):
    """The leading `--name=value` of an instruction, and what follows."""
    given = []
    while match := re.match(r"--([\w-]+)=(\S+)\s+", rest):
        given.append(match.groups())
        rest = rest[match.end() :]
    return given, rest


def is_ignored(path, patterns):
    """Whether .dockerignore keeps a path of the context out: the last pattern that fits it, or a parent of it, decides."""
    ignored = False
    for pattern in patterns:
        keeps = pattern.startswith("!")
        parts = [
            ".*" if part == "**" else re.escape(part).replace(r"\*", "[^/]*") for part in pattern.lstrip("!").split("/")
        ]
        expression = "/".join(parts).replace(".*/", "(?:.*/)?")
        if re.match(f"{expression}(?:/|$)", path):
            ignored = not keeps
    return ignored


def context_files(root, ignore_file):
    """The files of the build context, relative to it."""
    patterns = [line.strip() for line in ignore_file.read_text().splitlines() if line.strip() and line[0] != "#"]
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in (".git", ".venv", "target")]
        for name in files:
            path = str((Path(folder) / name).relative_to(root))
            if not is_ignored(path, patterns):
                yield path


# ---- the state of an image ----


@dataclass
class State:
    """What a stage hands to the next one besides its files."""

    env: dict = field(default_factory=lambda: {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"})
    arguments: dict = field(default_factory=dict)
    workdir: str = "/"
    user: str = "0:0"
    entrypoint: list = field(default_factory=list)
    command: list = field(default_factory=list)
    health: list = field(default_factory=list)

    def expanded(self, text):
        names = self.arguments | self.env
        return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda match: names.get(match[1] or match[2], ""), text)

    def note(self, keyword, rest):
        if keyword == "ENV":
            for pair in shlex.split(self.expanded(rest)):
                name, _, value = pair.partition("=")
                self.env[name] = value
        elif keyword == "ARG":
            name, _, value = rest.partition("=")
            self.arguments[name] = value
        elif keyword == "WORKDIR":
            self.workdir = os.path.join(self.workdir, self.expanded(rest))
        elif keyword == "USER":
            if not re.fullmatch(r"\d+:\d+", rest):
                raise Refusal("This rehearsal takes a USER as numbers, UID:GID.")
            self.user = rest
        elif keyword == "ENTRYPOINT":
            self.entrypoint, self.command = json.loads(rest), []
        elif keyword == "CMD":
            self.command = json.loads(rest)
        elif keyword == "HEALTHCHECK":
            self.health = json.loads(flags(rest)[1].removeprefix("CMD "))


# ---- doing ----


class Root:
    """A folder that is the root of an image."""

    def __init__(self, path):
        self.path = path

    def inside(self, absolute):
        return self.path / str(absolute).lstrip("/")

    def command(self, state, words, extra_env=(), cwd=None):
        """What runs words in here as the image's user, with the image's environment and nothing of this machine's."""
        uid = state.user.split(":")[0]
        home = next(
            (line.split(":")[5] for line in self.inside("/etc/passwd").read_text().splitlines() if line.split(":")[2] == uid),
            "/",
        )
        env = {"HOME": home} | state.env | dict(extra_env)
        pairs = [f"{name}={value}" for name, value in env.items()]
        enter = ["chroot", f"--userspec={state.user}", "--groups=", str(self.path), "env", "-i", *pairs]
        return [*enter, "sh", "-c", 'cd "$0" && exec "$@"', cwd or state.workdir, *words]

    def mounts(self, binds=()):
        """Shell that mounts what a container has, and binds folders of this machine; for a namespace of its own."""
        lines = ["set -e"]
        for kind, options, place in (("proc", "", "proc"), ("tmpfs", "-o mode=1777", "dev/shm")):
            target = shlex.quote(str(self.inside(place)))
            lines += [f"mkdir -p {target}", f"mount -t {kind} {options} none {target}"]
        for source, place in binds:
            source, target = shlex.quote(str(source)), shlex.quote(str(self.inside(place)))
            lines += [f"mkdir -p {source} {target}", f"mount --bind {source} {target}"]
        return "\n".join(lines)


def run(words, **options):
    done = subprocess.run(list(map(str, words)), **options)
    if done.returncode != 0:
        raise Refusal(f"This failed with status {done.returncode}: {' '.join(map(str, words))[-300:]}")


class Build:
    """Builds the stages of a Dockerfile below a folder."""

    def __init__(self, dockerfile, context, work, arguments):
        self.stages = stages(dockerfile.read_text())
        self.context = context
        self.work = work
        self.arguments = arguments
        self.files = sorted(context_files(context, dockerfile.with_name(dockerfile.name + ".dockerignore")))
        self.built = {}

    def stage(self, name):
        """The root of a stage, its state, and a digest of all that it is made of."""
        if name not in self.built:
            self.built[name] = self.base(name) if name not in self.stages else self.made(self.stages[name])
        return self.built[name]

    def base(self, image):
        """What stands in for an image from a registry: the same release of Debian, from its archive."""
        match = re.fullmatch(r"debian:(\w+)-slim(@sha256:\w{64})?", image)
        if not match:
            raise Refusal(f"This rehearsal has no stand-in for the image {image}.")
        suite = match[1]
        root = self.work / f"debian-{suite}"
        if not (root / ".complete").exists():
            say(f"debootstrap {suite}")
            shutil.rmtree(root, ignore_errors=True)
            run(["debootstrap", "--variant=minbase", suite, root, MIRROR], stdout=subprocess.DEVNULL)
            (root / "etc/dpkg/dpkg.cfg.d/slim").write_text(SLIM)
            sources = [f"deb {MIRROR} {suite} main", f"deb {MIRROR} {suite}-updates main", f"deb {SECURITY} {suite}-security main"]
            (root / "etc/apt/sources.list").write_text("\n".join(sources) + "\n")
            # A machine behind a proxy with a certificate of its own: what it trusts, the image must trust while it is made.
            for certificate in Path("/usr/local/share/ca-certificates").glob("*.crt"):
                place = root / "usr/local/share/ca-certificates"
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy(certificate, place)
            (root / ".complete").touch()
        return Root(root), State(), suite

    def made(self, stage):
        parent, inherited, digest = self.stage(stage.base)
        state = State(**{name: type(value)(value) for name, value in vars(inherited).items()})
        state.arguments = {}
        fingerprint = hashlib.sha256(json.dumps([digest, stage.steps, self.arguments]).encode())
        for keyword, rest in stage.steps:
            if keyword == "COPY":
                fingerprint.update(self.sources_digest(rest).encode())
        digest = fingerprint.hexdigest()
        root = Root(self.work / stage.name)
        mark = self.work / f"{stage.name}.digest"
        fresh = not (mark.exists() and mark.read_text() == digest)
        if fresh:
            mark.unlink(missing_ok=True)
            (self.work / f"{stage.name}.log").unlink(missing_ok=True)
            run(["rm", "-rf", "--one-file-system", root.path])
            run(["cp", "-a", "--reflink=auto", parent.path, root.path])
        for keyword, rest in stage.steps:
            if fresh or keyword in STATE_ONLY:
                self.step(root, state, keyword, rest, stage.name)
        mark.write_text(digest)
        return root, state, digest

    def step(self, root, state, keyword, rest, name):
        if keyword in STATE_ONLY:
            state.note(keyword, rest)
            if keyword == "ARG":
                state.arguments.update({k: v for k, v in self.arguments.items() if k in state.arguments})
            elif keyword == "WORKDIR":
                root.inside(state.workdir).mkdir(parents=True, exist_ok=True)
            return
        say(f"[{name}] {keyword} {rest[:110]}")
        started = time.monotonic()
        if keyword == "RUN":
            self.run_step(root, state, rest, self.work / f"{name}.log")
        else:
            self.copy(root, state, rest)
        say(f"[{name}] {time.monotonic() - started:.0f} s")

    def run_step(self, root, state, rest, log):
        given, script = flags(rest)
        binds = []
        for flag, value in given:
            options = dict(pair.split("=", 1) for pair in value.split(","))
            if flag != "mount" or options.get("type") != "cache":
                raise Refusal(f"This rehearsal knows of RUN's flags only the cache mount, not --{flag}={value}.")
            binds.append((self.work / "caches" / options["target"].strip("/").replace("/", "-"), options["target"]))
        shutil.copy("/etc/resolv.conf", root.inside("/etc/resolv.conf"))
        # As Docker passes on a proxy: only while the image is made.
        passed = {name: os.environ[name] for name in os.environ if name.lower().endswith("_proxy")}
        passed["PIP_CERT"] = "/etc/ssl/certs/ca-certificates.crt"
        words = root.command(state, ["sh", "-c", script], (passed | state.arguments).items())
        entered = f"{root.mounts(binds)}\nexec {shlex.join(words)}"
        words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", entered]
        with open(log, "ab") as out:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
            raise Refusal(f"RUN failed with status {done.returncode}; the end of {log}:\n{last}")

    def copied(self, rest):
        """Of a COPY: its flags, the root that it takes from (None: the context), its sources, its destination."""
        given, words = flags(rest)
        *sources, destination = shlex.split(words)
        given = dict(given)
        return given, self.stage(given["from"]) if "from" in given else None, sources, destination

    def sources_digest(self, rest):
        _, origin, sources, _ = self.copied(rest)
        if origin:
            return origin[2]
        digest = hashlib.sha256()
        for path in self.files:
            if any(source == "." or path == source or path.startswith(f"{source}/") for source in sources):
                digest.update(path.encode() + (self.context / path).read_bytes())
        return digest.hexdigest()

    def copy(self, root, state, rest):
        """Lays the files out beside, gives them their owner, and puts them into their place, which keeps its own."""
        given, origin, sources, destination = self.copied(rest)
        target = root.inside(os.path.join(state.workdir, destination))
        laid_out = root.inside("/.copied")
        laid_out.mkdir()
        for source in sources:
            if origin:
                lay_out(origin[0].inside(source), laid_out, destination)
            else:
                self.lay_out_context(source, laid_out, destination)
        run(["chroot", root.path, "chown", "-R", "--no-dereference", given.get("chown", "0:0"), "/.copied"])
        if target.exists():
            for entry in laid_out.iterdir():
                run(["cp", "-al", entry, target])
            shutil.rmtree(laid_out)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            laid_out.rename(target)

    def lay_out_context(self, source, target, destination):
        chosen = [path for path in self.files if source == "." or path == source or path.startswith(f"{source}/")]
        if not chosen:
            raise Refusal(f"COPY {source}: the context holds no such file, or .dockerignore keeps it out.")
        for path in chosen:
            if path == source:
                lay_out(self.context / path, target, destination)
            else:
                place = target / os.path.relpath(path, source)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self.context / path, place, follow_symlinks=False)


def lay_out(source, target, destination):
    if source.is_dir():
        run(["cp", "-a", "--reflink=auto", f"{source}/.", target])
    elif destination.endswith("/"):
        shutil.copy2(source, target, follow_symlinks=False)
    else:
        raise Refusal(f"This rehearsal copies the file {source.name} only into a folder, written with a last slash.")


# ---- trying ----


def try_image(root, state):
    """Starts the image without a network, as `docker run --network=none` would; waits until it is healthy; uses it."""
    script = "\n".join(
        [root.mounts(), "ip link set lo up", shlex.join([sys.executable, __file__, "--inside", str(root.path)])]
    )
    run(
        ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "bash", "-c", script],
        input=json.dumps(vars(state)).encode(),
    )


def inside(root, state):
    """The part that runs in the namespaces: server, health check, smoke test."""
    environment = {"JUPYTER_TOKEN": TOKEN}
    started = time.monotonic()
    server = subprocess.Popen(root.command(state, state.entrypoint + state.command, environment.items()))
    try:
        while subprocess.run(root.command(state, state.health), stderr=subprocess.DEVNULL).returncode != 0:
            if server.poll() is not None or time.monotonic() - started > 120:
                raise Refusal("The server ended, or was not healthy after two minutes.")
            time.sleep(0.5)
        say(f"healthy after {time.monotonic() - started:.1f} s")
        words = root.command(state, [".venv/bin/python", "-", TOKEN], environment.items())
        run(words, input=SMOKE_TEST.read_bytes())
        notebook = "notebooks/01-meet-the-model.ipynb"
        run(root.command(state, [*state.entrypoint, "run", notebook], environment.items()))
        say(f"{notebook} ran")
        server.send_signal(signal.SIGTERM)
        server.wait(20)
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.kill()


def missing():
    """What keeps this machine from a rehearsal, in a sentence; "" if nothing does."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "A rehearsal needs root on Linux."
    for program in ("debootstrap", "unshare", "ip"):
        if not shutil.which(program):
            return f"A rehearsal needs {program}: apt install debootstrap iproute2."
    probe = ["unshare", "--mount", "--pid", "--net", "--fork", "mount", "-t", "tmpfs", "none", "/mnt"]
    if subprocess.run(probe, capture_output=True).returncode != 0:
        return "A rehearsal needs namespaces and mounts, which this machine does not allow."
    return ""


def say(text):
    print(f"rehearse: {text}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--target", default="cpu", help="the stage that is the image: cpu or cuda (default: %(default)s)")
    parser.add_argument("--work", type=Path, default=Path("/var/tmp/engram-images"), help="where stages are kept")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    try:
        if given.inside:
            inside(Root(given.inside), State(**json.load(sys.stdin)))
            return
        if missing():
            raise Refusal(missing())
        given.work.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        arguments = dict(pair.split("=", 1) for pair in given.build_arg)
        root, state, _ = Build(DOCKERFILE, CHECKOUT, given.work.resolve(), arguments).stage(given.target)
        say(f"{given.target} is built in {root.path} after {time.monotonic() - started:.0f} s")
        try_image(root, state)
        say(f"{given.target} works; {time.monotonic() - started:.0f} s in all")
    except Refusal as refusal:
        sys.exit(f"rehearse: {refusal}")


if __name__ == "__main__":
    main()
