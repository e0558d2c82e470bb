"""Makes the wheels for pip: `engram-kernel` for every platform, `engram-kernel-native` for each one."""

import base64
import hashlib
import io
import json
import re
import shutil
import struct
import zipfile
from email.message import Message
from pathlib import Path
from xml.etree import ElementTree

from engram_kernel import kernelspec, platforms

from . import trimming
from .checkout import Refusal, call, say

POM = {"m": "http://maven.apache.org/POM/4.0.0"}
# The two largest of Tablesaw's libraries, of which it uses a small part.
TRIMMED = ("fastutil", "icu4j")
NATIVE_JAR = "pytorch-native-cpu"
# Left out: 85 MB for an atlas, which says in one sentence how DuckDB is had (docs/atlas.md).
LEFT_OUT = (NATIVE_JAR, "duckdb_jdbc")
# PyPI takes no larger file without being asked.
LARGEST = 100 * 1024 * 1024
KERNEL, NATIVE = "engram-kernel", "engram-kernel-native"
ENTRY_POINTS = """\
[console_scripts]
engram = engram_kernel.cli:main

[papermill.engine]
engram = engram_kernel.papermill_java:Engine
"""
EPOCH = (1980, 1, 1, 0, 0, 0)


def make(checkout, names):
    """Makes the wheels of the platforms that are named in dist/; without a name, of this one."""
    chosen = choose(names)
    dist = checkout.root / "dist"
    dist.mkdir(exist_ok=True)
    made = [kernel_wheel(checkout, dist)]
    for platform in chosen:
        made.append(native_wheel(checkout.root, dist, platform, native_jar(checkout, platform)))
    for wheel in made:
        size = wheel.stat().st_size
        say(f"{wheel.relative_to(checkout.root)}: {size / 1e6:.1f} MB")
        if size > LARGEST:
            say(f"{wheel.name} is larger than the 100 MiB that PyPI takes without being asked.")


def choose(names):
    if names == ["all"]:
        return platforms.ALL
    known = {platform.classifier: platform for platform in platforms.ALL}
    for name in names:
        if name not in known:
            raise Refusal(f"there is no platform '{name}'; the platforms are {', '.join(known)} and all.")
    chosen = [known[name] for name in names] or [platforms.own()]
    if None in chosen:
        raise Refusal(platforms.none_for_this_machine())
    return chosen


def pom_version(root, path):
    return ElementTree.parse(root / "pom.xml").find(path, POM).text


def version(root):
    """The version of the build, as Python writes it."""
    return re.sub(r"-SNAPSHOT$", ".dev0", pom_version(root, "m:version"))


def native_version(root):
    return pom_version(root, "m:properties/m:libtorch.version")


def native_jar(checkout, platform):
    """The jar of a platform's native PyTorch: from the kernel that was built, else from Maven."""
    name = f"{NATIVE_JAR}-{native_version(checkout.root)}-{platform.classifier}.jar"
    built = checkout.kernel / "lib" / name
    if built.is_file():
        return built
    folder = checkout.root / "kernel-ext" / "target" / "natives"
    artifact = f"ai.djl.pytorch:{NATIVE_JAR}:{native_version(checkout.root)}:jar:{platform.classifier}"
    arguments = ("-N", "-q", "-B", "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}")
    call([shutil.which("mvn") or "mvn", "-f", checkout.root / "pom.xml", *arguments])
    return folder / name


class Wheel:
    """A wheel that is being written: the same bytes for the same content, whenever and wherever it is made."""

    def __init__(self, folder, name, release, tag, is_pure):
        self.stem = f"{name.replace('-', '_')}-{release}"
        self.path = folder / f"{self.stem}-{tag}.whl"
        self.being_made = self.path.with_suffix(".making")
        self.archive = zipfile.ZipFile(self.being_made, "w")
        self.record = []
        self.about = Message()
        self.about["Metadata-Version"] = "2.4"
        self.about["Name"], self.about["Version"] = name, release
        self.about["License-Expression"] = "Apache-2.0"
        lines = ("Wheel-Version: 1.0", "Generator: lab", f"Root-Is-Purelib: {str(is_pure).lower()}", f"Tag: {tag}")
        self.add(f"{self.stem}.dist-info/WHEEL", "\n".join(lines) + "\n")

    def add(self, name, content):
        """Adds a file; a jar as it is, since it is compressed already."""
        content = content.encode() if isinstance(content, str) else content
        entry = zipfile.ZipInfo(name, EPOCH)
        entry.external_attr = 0o644 << 16
        entry.compress_type = zipfile.ZIP_STORED if name.endswith(".jar") else zipfile.ZIP_DEFLATED
        self.archive.writestr(entry, content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        self.record.append(f"{name},sha256={digest},{len(content)}")

    def finish(self, root, description):
        for file in ("LICENSE", "NOTICE"):
            self.add(f"{self.stem}.dist-info/licenses/{file}", (root / file).read_bytes())
            self.about["License-File"] = file
        self.about["Description-Content-Type"] = "text/markdown"
        self.about.set_payload(description)
        self.add(f"{self.stem}.dist-info/METADATA", self.about.as_string())
        record = f"{self.stem}.dist-info/RECORD"
        self.archive.writestr(zipfile.ZipInfo(record, EPOCH), "\n".join([*self.record, f"{record},,"]) + "\n")
        self.archive.close()
        self.being_made.replace(self.path)
        return self.path


def kernel_wheel(checkout, dist):
    """`engram-kernel`: the kernel with all jars but the native PyTorch and DuckDB, the kernelspec, the command `engram`."""
    wheel = Wheel(dist, KERNEL, version(checkout.root), "py3-none-any", is_pure=True)
    about = wheel.about
    about["Summary"] = "Finds, reads and edits the knowledge neurons of CLIP vision encoders: a Jupyter kernel in Java."
    about["Requires-Python"] = ">=3.10"
    for platform in platforms.ALL:
        # Python calls the machine otherwise on each system; the first of the names is the system's own.
        machine = {"win-x86_64": "AMD64"}.get(platform.classifier, platform.machines[0])
        where = f'platform_system == "{platform.system}" and platform_machine == "{machine}"'
        about["Requires-Dist"] = f"{NATIVE}=={native_version(checkout.root)}; {where}"
    about["Provides-Extra"] = "lab"
    about["Requires-Dist"] = 'jupyterlab>=4; extra == "lab"'
    about["Requires-Dist"] = 'plotly>=6; extra == "lab"'
    source = checkout.root / "python" / "engram_kernel"
    for file in sorted(source.glob("*.py")):
        wheel.add(f"engram_kernel/{file.name}", file.read_bytes())
    for name, content in trimmed_jars(checkout.kernel / "lib"):
        wheel.add(f"engram_kernel/kernel/lib/{name}", content)
    shared = f"{wheel.stem}.data/data/share/jupyter/kernels/{kernelspec.NAME}"
    for logo in kernelspec.LOGOS:
        for folder in ("engram_kernel/kernel", shared):
            wheel.add(f"{folder}/{logo}", (checkout.kernel / logo).read_bytes())
    wheel.add("engram_kernel/kernel/kernel.json", (checkout.kernel / "kernel.json").read_bytes())
    wheel.add(f"{shared}/kernel.json", json.dumps(kernelspec.spec(checkout.kernel), indent=2, ensure_ascii=False) + "\n")
    extension = checkout.root / "jupyter" / "labextension"
    for name in ("package.json", "static/magics.js"):
        wheel.add(f"{wheel.stem}.data/data/share/jupyter/labextensions/engram-magics/{name}", (extension / name).read_bytes())
    wheel.add(f"{wheel.stem}.dist-info/entry_points.txt", ENTRY_POINTS)
    return wheel.finish(
        checkout.root,
        "Engram's Jupyter kernel. It needs a JDK 17 or newer; `engram doctor` says what is missing and how to get it.\n",
    )


def trimmed_jars(library):
    """The names and bytes of the kernel's jars but those left out; the largest hold only what others reach."""
    jars = [jar for jar in sorted(library.glob("*.jar")) if not jar.name.startswith(LEFT_OUT)]
    large = [jar for jar in jars if re.match(rf"({'|'.join(TRIMMED)})-\d", jar.name)]
    kept = trimming.kept(large, [jar for jar in jars if jar not in large])
    for jar in jars:
        yield jar.name, trimmed(jar, kept[jar]) if jar in kept else jar.read_bytes()


def trimmed(jar, classes):
    """A jar with some of its classes, and what licences and manifests it has."""
    bundle = io.BytesIO()
    with zipfile.ZipFile(jar) as old, zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename in classes or (
                entry.filename.startswith(("META-INF/", "LICENSE")) and not entry.filename.endswith((".class", "/"))
            ):
                kept = zipfile.ZipInfo(entry.filename, EPOCH)
                kept.compress_type = zipfile.ZIP_DEFLATED
                new.writestr(kept, old.read(entry))
    return bundle.getvalue()


def native_wheel(root, dist, platform, jar, lighten=True):
    """`engram-kernel-native`: the jar of PyTorch's native library for one platform."""
    tag = f"py3-none-{platform.wheel_tag}"
    wheel = Wheel(dist, NATIVE, native_version(root), tag, is_pure=False)
    wheel.about["Summary"] = f"PyTorch's native library for engram-kernel, {platform.name}."
    wheel.add("engram_kernel_native/__init__.py", '"""PyTorch\'s native library, as a jar that engram_kernel finds."""\n')
    content = jar.read_bytes()
    if lighten and len(content) > LARGEST:
        say(f"leaving the tables of debuggers out of {jar.name} (a minute)")
        content = without_symbols(jar)
    wheel.add(f"engram_kernel_native/lib/{jar.name}", content)
    return wheel.finish(root, f"libtorch {native_version(root)} as DJL publishes it (BSD-3-Clause), for engram-kernel.\n")


def without_symbols(jar):
    """A jar whose Linux libraries have no table for debuggers: what is loaded of a library stays as it is."""
    bundle = io.BytesIO()
    with zipfile.ZipFile(jar) as old, zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for entry in old.infolist():
            content = bytearray(old.read(entry))
            if content[:4] == b"\x7fELF":
                clear_symbols(content)
            kept = zipfile.ZipInfo(entry.filename, EPOCH)
            kept.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(kept, bytes(content), compresslevel=9)
    return bundle.getvalue()


def clear_symbols(library):
    """Fills .symtab and its names with zeros in a 64-bit little-endian ELF file; the tables that are loaded are others."""
    symbol_table = 2  # SHT_SYMTAB; the loader reads SHT_DYNSYM, 11
    (table,) = struct.unpack_from("<Q", library, 0x28)
    size, count = struct.unpack_from("<HH", library, 0x3A)
    sections = [struct.unpack_from("<IIQQQQI", library, table + index * size) for index in range(count)]
    for section in sections:
        if section[1] == symbol_table:
            for _, _, _, _, offset, length, _ in (section, sections[section[6]]):
                library[offset : offset + length] = bytes(length)
