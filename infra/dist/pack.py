"""Packs hostbench for machines without Rust: one file, as a wheel and as an archive.

The file is the command as cargo built it, followed by a ZIP archive of its parts
(template, definitions, prices, configurations, programs), the SHA-256 and the
length of that archive and a magic word. `infra/hostbench/src/parts.rs` reads it.

    python3 infra/dist/pack.py command --programs target/release --out dist/hostbench
    python3 infra/dist/pack.py packages --command dist/hostbench \\
        --target x86_64-unknown-linux-gnu --out dist
    python3 infra/dist/pack.py check --tag v0.1.0

The same input gives the same bytes. Needs Python 3.10 or newer and nothing else.
"""

import argparse
import base64
import gzip
import hashlib
import io
import pathlib
import re
import sys
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What an installation has of a checkout, under the same paths.
FILES = [
    "LICENSE",
    "infra/configs/*",
    "infra/prices.toml",
    "infra/samconfig.toml",
    "infra/template.yaml",
    "statemachine/*.asl.json",
]
FUNCTIONS = ["aggregator", "invoker", "planner"]
PROGRAMS = [*FUNCTIONS, "simulator"]
MAGIC = b"hostbnch"
# Platforms by the target of the compiler. That of Linux is completed by the glibc
# that the programs need, at least this one.
LINUX = {"x86_64-unknown-linux-gnu": "x86_64", "aarch64-unknown-linux-gnu": "aarch64"}
OLDEST_GLIBC = (2, 17)
MACOS = {
    "aarch64-apple-darwin": "macosx_11_0_arm64",
    "x86_64-apple-darwin": "macosx_11_0_x86_64",
}
# The package index takes files of at most 100 MB; this is what a user should wait for.
MAX_WHEEL_BYTES = 40_000_000
SUMMARY = "Benchmarks the targets that can host a model: latency, variability, accuracy and cost"


class Refused(Exception):
    """Says what is wrong, and what to do."""


def manifest():
    """The version of the workspace, and the URL of its repository or None."""
    text = (ROOT / "Cargo.toml").read_text()
    package = text.split("[workspace.package]")[1].split("\n[")[0]
    fields = dict(re.findall(r'^([a-z-]+) = "(.*)"$', package, re.MULTILINE))
    return fields["version"], fields.get("repository")


def zip_of(entries, compression=zipfile.ZIP_DEFLATED):
    """A ZIP archive of (name, content, mode), without anything of the day."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression, compresslevel=9) as archive:
        for name, data, mode in entries:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = compression
            entry.create_system = 3
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, data)
    return content.getvalue()


def parts(programs, functions):
    """The entries of the archive at the end of the command."""
    for pattern in FILES:
        found = sorted(path for path in ROOT.glob(pattern) if path.is_file())
        if not found:
            raise Refused(f"the project has no `{pattern}`; adapt `FILES`")
        for path in found:
            yield path.relative_to(ROOT).as_posix(), path.read_bytes(), 0o644
    for name in PROGRAMS:
        yield f"programs/{name}", (programs / name).read_bytes(), 0o755
    # Without them the programs are deployed, where Lambda can run them.
    for name in FUNCTIONS if functions else []:
        program = (functions / name).read_bytes()
        yield f"target/lambda/{name}/bootstrap", program, 0o755


def command(arguments):
    compression = zipfile.ZIP_STORED if arguments.store else zipfile.ZIP_DEFLATED
    archive = zip_of(parts(arguments.programs, arguments.functions), compression)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    trailer = hashlib.sha256(archive).digest() + len(archive).to_bytes(8, "little") + MAGIC
    program = (arguments.programs / "hostbench").read_bytes()
    arguments.out.write_bytes(program + archive + trailer)
    arguments.out.chmod(0o755)
    print(arguments.out)


def split(packed):
    """The program of a packed command, and the archive of its parts."""
    length = int.from_bytes(packed[-16:-8], "little")
    if packed[-8:] != MAGIC or length + 48 > len(packed):
        raise Refused("the command carries no parts; make it with `pack.py command`")
    return packed[: -48 - length], packed[-48 - length : -48]


def newest_glibc(packed):
    """The newest glibc that the command and its programs need, as (2, 28)."""
    program, archive = split(packed)
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        inside = [content.read(f"programs/{name}") for name in PROGRAMS]
    found = [OLDEST_GLIBC]
    for data in [program, *inside]:
        versions = re.findall(rb"GLIBC_(\d+)\.(\d+)(?:\.\d+)?\0", data)
        found += [(int(major), int(minor)) for major, minor in versions]
    return max(found)


def platform(target, packed):
    """The platform of a wheel."""
    if target in LINUX:
        major, minor = newest_glibc(packed)
        return f"manylinux_{major}_{minor}_{LINUX[target]}"
    if target in MACOS:
        return MACOS[target]
    known = ", ".join([*LINUX, *MACOS])
    raise Refused(f"target `{target}` is not known, expected one of: {known}")


def wheel(packed, version, tag):
    """A wheel with the command as its only script."""
    info = f"hostbench-{version}.dist-info"
    metadata = (
        "Metadata-Version: 2.4\n"
        "Name: hostbench\n"
        f"Version: {version}\n"
        f"Summary: {SUMMARY}\n"
        "License-Expression: MIT\n"
        "License-File: LICENSE\n"
        "Keywords: benchmark,llm,inference,bedrock,sagemaker,latency\n"
        "Classifier: Environment :: Console\n"
        "Classifier: Operating System :: MacOS\n"
        "Classifier: Operating System :: POSIX :: Linux\n"
        "Classifier: Programming Language :: Rust\n"
        "Requires-Python: >=3.10\n"
        "Description-Content-Type: text/markdown\n"
        "\n" + (ROOT / "infra/dist/README.md").read_text()
    )
    wheel_file = (
        "Wheel-Version: 1.0\nGenerator: hostbench infra/dist/pack.py\n"
        f"Root-Is-Purelib: false\nTag: {tag}\n"
    )
    entries = [
        (f"hostbench-{version}.data/scripts/hostbench", packed, 0o755),
        (f"{info}/METADATA", metadata.encode(), 0o644),
        (f"{info}/WHEEL", wheel_file.encode(), 0o644),
        (f"{info}/licenses/LICENSE", (ROOT / "LICENSE").read_bytes(), 0o644),
    ]
    record = ""
    for name, data, _ in entries:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
        record += f"{name},sha256={digest.decode()},{len(data)}\n"
    record += f"{info}/RECORD,,\n"
    return zip_of([*entries, (f"{info}/RECORD", record.encode(), 0o644)])


def archive_of(packed, folder):
    """A compressed tape archive with the command, for `cargo binstall` and by hand."""
    content = io.BytesIO()
    with gzip.GzipFile(fileobj=content, mode="wb", mtime=0) as compressed:
        with tarfile.open(fileobj=compressed, mode="w") as archive:
            license_text = (ROOT / "LICENSE").read_bytes()
            for name, data, mode in [
                ("LICENSE", license_text, 0o644),
                ("hostbench", packed, 0o755),
            ]:
                entry = tarfile.TarInfo(f"{folder}/{name}")
                entry.size, entry.mode = len(data), mode
                archive.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def packages(arguments):
    version, _ = manifest()
    packed = arguments.command.read_bytes()
    tag = f"py3-none-{platform(arguments.target, packed)}"
    folder = f"hostbench-{version}-{arguments.target}"
    made = {
        f"hostbench-{version}-{tag}.whl": wheel(packed, version, tag),
        f"{folder}.tar.gz": archive_of(packed, folder),
    }
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, content in made.items():
        path = arguments.out / name
        path.write_bytes(content)
        print(f"{path}  {len(content) / 1e6:.1f} MB")
        if name.endswith(".whl") and len(content) > MAX_WHEEL_BYTES:
            limit = MAX_WHEEL_BYTES / 1e6
            raise Refused(f"the wheel is larger than {limit:.0f} MB; find what added to it")


def check(arguments):
    """Refuses a tag that is not the version of the workspace and of the changelog."""
    version, repository = manifest()
    wrong = []
    if arguments.tag != f"v{version}":
        wrong.append(f"the tag is `{arguments.tag}`, expected `v{version}` as in Cargo.toml")
    changelog = (arguments.changelog or ROOT / "infra/CHANGELOG.md").read_text()
    released = re.findall(r"^## \[(\d[^\]]*)\]", changelog, re.MULTILINE)
    if version not in released[:1]:
        newest = f"`{released[0]}`" if released else "none"
        wrong.append(
            f"the newest release in infra/CHANGELOG.md is {newest}, expected `{version}`; "
            f"write `## [{version}] - DATE` above what is released"
        )
    if arguments.repository and repository != arguments.repository:
        wrong.append(
            f"`repository` of [workspace.package] in Cargo.toml is `{repository}`, expected "
            f"`{arguments.repository}`; `cargo binstall` finds the archives by it"
        )
    if wrong:
        raise Refused("\n".join(wrong))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    steps = parser.add_subparsers(required=True)
    path = pathlib.Path
    step = steps.add_parser("command", help="append its parts to the command")
    step.add_argument("--programs", type=path, required=True, help="what cargo built")
    step.add_argument("--functions", type=path, help="other builds of the Lambdas, to deploy")
    step.add_argument("--store", action="store_true", help="do not compress")
    step.add_argument("--out", type=path, required=True)
    step.set_defaults(run=command)
    step = steps.add_parser("packages", help="make the wheel and the archive")
    step.add_argument("--command", type=path, required=True)
    step.add_argument("--target", required=True, help="the target of the compiler")
    step.add_argument("--out", type=path, required=True)
    step.set_defaults(run=packages)
    step = steps.add_parser("check", help="check that tag, version and changelog agree")
    step.add_argument("--tag", required=True)
    step.add_argument("--changelog", type=path)
    step.add_argument("--repository")
    step.set_defaults(run=check)
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except (Refused, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
