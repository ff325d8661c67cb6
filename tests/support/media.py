"""Small files of every kind, made by hand: enough of each format for headers to be read."""

from __future__ import annotations

import base64
import io
import struct
import wave


def box(kind: bytes, *parts: bytes) -> bytes:
    """One box of an MP4 or MOV file."""
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def mp4(
    seconds: float = 2.5,
    size: tuple[int, int] = (64, 48),
    frames: int = 50,
    brand: bytes = b"isom",
    turned: bool = False,
    padding: int = 1000,
) -> bytes:
    """A file with one sound track and one video track, whose samples are padding."""
    scale = 1000
    header = box(b"mvhd", struct.pack(">4xIIII80x", 0, 0, scale, round(seconds * scale)))
    matrix = (0, 65536, 0, -65536, 0, 0, 0, 0, 2**30) if turned else (65536, 0, 0, 0, 65536, 0, 0, 0, 2**30)
    place = struct.pack(">40x9iII", *matrix, size[0] << 16, size[1] << 16)
    samples = box(b"minf", box(b"stbl", box(b"stsz", struct.pack(">4xII", 1, frames))))
    sound = box(
        b"trak", box(b"tkhd", bytes(84)), box(b"mdia", box(b"hdlr", b"\0" * 8 + b"soun" + b"\0" * 12))
    )
    video = box(
        b"trak",
        box(b"tkhd", place),
        box(b"mdia", box(b"hdlr", b"\0" * 8 + b"vide" + b"\0" * 12), samples),
    )
    movie = box(b"moov", header, sound, video)
    return box(b"ftyp", brand, bytes(4), brand) + box(b"mdat", bytes(range(250)) * (padding // 250)) + movie


def webm() -> bytes:
    """The first bytes of a WebM file."""
    return b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm" + bytes(200)


def ogg(codec: bytes) -> bytes:
    """The first page of an OGG file with one stream."""
    return b"OggS\0\x02" + bytes(20) + b"\x01\x1e" + codec + bytes(40)


def wav(seconds: float = 1.5, rate: int = 8000) -> bytes:
    """Silence in one channel of 16 bits."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(2 * round(seconds * rate)))
    return target.getvalue()


def flac(seconds: int = 3, rate: int = 44100) -> bytes:
    """A FLAC file's first block."""
    packed = (rate << 44) | (1 << 41) | (15 << 36) | (seconds * rate)
    return b"fLaC\x80\x00\x00\x22" + bytes(10) + packed.to_bytes(8, "big") + bytes(16)


def mp3(tagged: bool = False) -> bytes:
    """A frame of layer III (128 kbit/s, 44,100 Hz), maybe behind a tag."""
    return (b"ID3\x03" + bytes(20) if tagged else b"") + b"\xff\xfb\x90\x00" + bytes(413)


def encoded(content: bytes) -> str:
    """Bytes as base64 text."""
    return base64.b64encode(content).decode()
