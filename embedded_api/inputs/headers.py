"""What the headers of videos and sounds say about them. Nothing is decoded; what a header leaves out is 0.

Sources: ISO/IEC 14496-12 (boxes mvhd, tkhd, hdlr, stsz), RIFF WAVE, FLAC STREAMINFO. MP3, OGG and WebM are not
read: their length cannot be told without walking through the whole file.
"""

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

MAX_BOXES = 10_000
_INT32 = 2**31 - 1


@dataclass
class VideoFacts:
    """Pixels as shown, frames, seconds."""

    width: int = 0
    height: int = 0
    frame_count: int = 0
    duration: float = 0.0

    @property
    def fps(self) -> float:
        """Frames per second, 0 when unknown."""
        return round(self.frame_count / self.duration, 3) if self.duration else 0.0


@dataclass
class AudioFacts:
    """Samples per second, seconds."""

    sample_rate: int = 0
    duration: float = 0.0


class _Boxes:
    """The boxes of an MP4 or MOV file; reads at most MAX_BOXES headers, whatever the file claims."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self.file = file
        self.whole = (0, size)
        self._left = itertools.repeat(None, MAX_BOXES)

    def inside(self, place: tuple[int, int], kind: bytes) -> Iterator[tuple[int, int]]:
        """Places (start, stop of the content) of the boxes `kind` directly inside a box."""
        start, stop = place
        while start + 8 <= stop and next(self._left, True) is None:
            self.file.seek(start)
            head = self.file.read(16)
            size, found = struct.unpack(">I4s", head[:8])
            skip = 8
            if size == 1 and len(head) == 16:
                size, skip = struct.unpack(">Q", head[8:])[0], 16
            elif size == 0:
                size = stop - start
            if size < skip or start + size > stop:
                return
            if found == kind:
                yield start + skip, start + size
            start += size

    def content(self, place: tuple[int, int], path: tuple[bytes, ...]) -> bytes:
        """The first 128 bytes of the first box at `path`, b"" when there is none."""
        for kind in path:
            found = next(self.inside(place, kind), None)
            if found is None:
                return b""
            place = found
        self.file.seek(place[0])
        return self.file.read(min(128, place[1] - place[0]))


def video_facts(file: IO[bytes], size: int) -> VideoFacts:
    """Facts of an MP4 or MOV file of `size` bytes; a broken or fragmented one leaves zeros."""
    boxes, facts = _Boxes(file, size), VideoFacts()
    movie = next(boxes.inside(boxes.whole, b"moov"), None)
    if movie is None:
        return facts
    facts.duration = _duration(boxes.content(movie, (b"mvhd",)))
    for track in boxes.inside(movie, b"trak"):
        handler = boxes.content(track, (b"mdia", b"hdlr"))
        if handler[8:12] == b"vide":
            facts.width, facts.height = _shown_size(boxes.content(track, (b"tkhd",)))
            samples = boxes.content(track, (b"mdia", b"minf", b"stbl", b"stsz"))
            if len(samples) >= 12:
                facts.frame_count = min(struct.unpack(">I", samples[8:12])[0], _INT32)
            break
    return facts


def _duration(header: bytes) -> float:
    """Seconds of an mvhd box; all bits set means unknown."""
    wide = header[:1] == b"\x01"
    if len(header) < (32 if wide else 20):
        return 0.0
    scale, ticks = struct.unpack(">IQ", header[20:32]) if wide else struct.unpack(">II", header[12:20])
    unknown = ticks == (2**64 if wide else 2**32) - 1
    return 0.0 if unknown or not scale else round(ticks / scale, 3)


def _shown_size(header: bytes) -> tuple[int, int]:
    """Width and height of a tkhd box (16.16 fixed point), exchanged when its matrix turns by 90 degrees."""
    at = 52 if header[:1] == b"\x01" else 40
    if len(header) < at + 44:
        return 0, 0
    a, b, _, c, d = struct.unpack(">5i", header[at : at + 20])
    width, height = (side >> 16 for side in struct.unpack(">II", header[at + 36 : at + 44]))
    return (height, width) if not a and not d and b and c else (width, height)


def wav_facts(file: IO[bytes], size: int) -> AudioFacts:
    """Facts of a RIFF WAVE file; a data chunk that claims more than the file has is cut."""
    start, rate, speed = 12, 0, 0
    for _ in range(100):
        file.seek(start)
        head = file.read(24)
        if len(head) < 8:
            break
        kind, length = struct.unpack("<4sI", head[:8])
        if kind == b"fmt " and len(head) == 24:
            rate, speed = struct.unpack("<II", head[12:20])
        if kind == b"data":
            length = min(length, size - start - 8)
            return AudioFacts(min(rate, _INT32), round(length / speed, 3) if speed else 0.0)
        start += 8 + length + length % 2
    return AudioFacts(min(rate, _INT32))


def flac_facts(file: IO[bytes]) -> AudioFacts:
    """Facts of a FLAC file: its first block is STREAMINFO."""
    file.seek(0)
    head = file.read(42)
    if len(head) < 42 or head[4] & 0x7F != 0:
        return AudioFacts()
    packed = int.from_bytes(head[18:26], "big")  # 20 bits rate, 3 channels, 5 depth, 36 samples
    rate, samples = packed >> 44, packed & (2**36 - 1)
    return AudioFacts(rate, round(samples / rate, 3) if rate else 0.0)
