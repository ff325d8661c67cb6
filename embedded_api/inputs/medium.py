"""A file of any kind: recognized, checked, and what is kept of it. Source: Clarifai API, messages Image, Video, Audio,
Text."""

import hashlib
from dataclasses import dataclass
from typing import IO

from embedded_api.envelope import dumps
from embedded_api.errors import ApiError
from embedded_api.inputs import files, headers, kinds, pictures
from embedded_api.models import Input

MEGABYTE = 1024 * 1024
# Bytes of one file, by kind.
LIMITS = {
    "image": pictures.MAX_BYTES,
    "video": 256 * MEGABYTE,
    "audio": 64 * MEGABYTE,
    "text": 4 * MEGABYTE,
}
MAX_TEXT = 1_000_000  # characters
UNSUPPORTED, OVER_LIMIT, UNREADABLE = 30101, 30105, 30300
_INT32 = 2**31 - 1
Columns = dict[str, str | int | float]


@dataclass(frozen=True)
class Medium:
    """A checked file: the columns of `Input` that describe it, and the hosted copies of a picture."""

    columns: Columns
    picture: pictures.Picture | None = None


def read(file: IO[bytes], kind: str = "", *, name: str = "") -> Medium:
    """Check a file; `kind` as asked for, or "" for any (a text is then known by a name that ends in `.txt`).

    Raises ApiError 30101 (format), 30105 (too large) or 30300 (cannot be decoded).
    """
    size = files.size_of(file)
    form = kinds.recognize(file.read(kinds.HEAD))
    if kind == "text" or (not kind and form is None and name.lower().endswith(".txt")):
        return _text(file, size)
    if form is None or (kind and form.kind != kind):
        wanted = kinds.WORDS[kind] if kind else "a picture, a video, a sound or a text (.txt)"
        raise ApiError(415, UNSUPPORTED, f"must be {wanted}")
    check_size(form.kind, size)
    file.seek(0)
    if form.kind == "image":
        return _picture(file)
    info = _video_info(file, size, form) if form.kind == "video" else _audio_info(file, size, form)
    shown: Columns = {name: info[name] for name in ("width", "height") if name in info}
    columns: Columns = {"kind": form.kind, "media": files.new_name(form.ending), "format": form.name}
    return Medium(columns | shown | {"info": dumps(info), "size": size, "sha256": _sha256(file)})


def store(medium: Medium, file: IO[bytes]) -> None:
    """Keep the file (and the copies of a picture) under its hosted name."""
    name = str(medium.columns.get("media", ""))
    if medium.picture is not None:
        pictures.store(medium.picture)
    elif name:
        files.write(files.path_of(name, "orig"), file, durable=True)


def fill(row: Input, medium: Medium) -> None:
    """Write the columns of a medium into an unsaved input."""
    for name, value in medium.columns.items():
        setattr(row, name, value)


def check_size(kind: str, size: int) -> None:
    """Raises ApiError 30105."""
    if size > LIMITS[kind]:
        raise ApiError(413, OVER_LIMIT, f"the file ({kind}) has more than {LIMITS[kind]} bytes")


def raw_text(text: str) -> Medium:
    """A text that was sent as it is; raises ApiError 30104 when it is too long or says nothing."""
    if len(text) > MAX_TEXT:
        raise ApiError(413, OVER_LIMIT, f"a text has at most {MAX_TEXT} characters")
    if not text.strip():
        raise ApiError(400, 30104, "must not be empty")
    return Medium({"kind": "text", "text": text, "size": len(text.encode())})


def _text(file: IO[bytes], size: int) -> Medium:
    check_size("text", size)
    file.seek(0)
    content = file.read()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ApiError(400, UNREADABLE, "the text is not UTF-8") from None
    if "\x00" in text:
        raise ApiError(400, UNREADABLE, "the text has NUL characters")
    columns: Columns = {
        "media": files.new_name("txt"),
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": size,
    }
    return Medium(raw_text(text).columns | columns)


def _picture(file: IO[bytes]) -> Medium:
    picture = pictures.read(file.read())
    columns: Columns = {
        "kind": "image",
        "media": picture.name,
        "width": picture.width,
        "height": picture.height,
    }
    more: Columns = {"format": picture.format, "color_mode": picture.color_mode, "sha256": picture.sha256}
    return Medium(columns | more | {"size": len(picture.files["orig"])}, picture)


def _video_info(file: IO[bytes], size: int, form: kinds.Form) -> Columns:
    known = form in (kinds.MP4, kinds.MOV)
    facts = headers.video_facts(file, size) if known else headers.VideoFacts()
    return {
        "width": facts.width,
        "height": facts.height,
        "fps": facts.fps,
        "video_format": form.name,
        "bit_rate": _bit_rate(size, facts.duration),
        "frame_count": facts.frame_count,
        "duration_seconds": facts.duration,
    }


def _audio_info(file: IO[bytes], size: int, form: kinds.Form) -> Columns:
    facts = headers.AudioFacts()
    if form == kinds.WAV:
        facts = headers.wav_facts(file, size)
    if form == kinds.FLAC:
        facts = headers.flac_facts(file)
    return {
        "audio_format": form.name,
        "sample_rate": facts.sample_rate,
        "duration_seconds": facts.duration,
        "bit_rate": _bit_rate(size, facts.duration),
    }


def _bit_rate(size: int, seconds: float) -> int:
    """Bits per second of the whole file, 0 when its length is not known."""
    return min(round(size * 8 / seconds), _INT32) if seconds else 0


def _sha256(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(files.CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
