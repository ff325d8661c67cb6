"""Headers of videos and sounds: whatever the bytes, an answer and no error."""

import io
import math
import struct

from hypothesis import given
from hypothesis import strategies as st

from embedded_api.inputs import headers, kinds
from tests.support import media

GOOD = (media.mp4(), media.mp4(brand=b"qt  ", turned=True), media.wav(0.1), media.flac(), media.webm())


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """A good file with some bytes changed, maybe cut."""
    content = bytearray(draw(st.sampled_from(GOOD)))
    places = st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255))
    for place, value in draw(st.lists(places, max_size=30)):
        content[place] = value
    return bytes(content[: draw(st.integers(0, len(content)))])


@given(st.one_of(changed(), st.binary(max_size=300)))
def test_every_reader_answers(content: bytes) -> None:
    file = io.BytesIO(content)
    video = headers.video_facts(file, len(content))
    assert 0 <= video.width < 65536
    assert 0 <= video.frame_count < 2**31
    for sound in (headers.wav_facts(file, len(content)), headers.flac_facts(file)):
        assert 0 <= sound.sample_rate < 2**31
        assert math.isfinite(sound.duration)
        assert sound.duration >= 0
    assert math.isfinite(video.duration)
    assert math.isfinite(video.fps)
    assert min(video.duration, video.fps) >= 0
    form = kinds.recognize(content[: kinds.HEAD])
    assert form is None or form.kind in kinds.WORDS


def test_many_boxes_end_the_reading() -> None:
    content = media.box(b"free") * (headers.MAX_BOXES + 1) + media.mp4()
    assert headers.video_facts(io.BytesIO(content), len(content)) == headers.VideoFacts()


def test_wide_headers() -> None:
    """Version 1 of mvhd and tkhd, with 64-bit times."""
    movie = media.box(b"mvhd", b"\x01\0\0\0", bytes(16), struct.pack(">IQ", 600, 1500))
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 2**30)
    place = media.box(b"tkhd", b"\x01\0\0\0", bytes(48), matrix, struct.pack(">II", 320 << 16, 240 << 16))
    handler = media.box(b"mdia", media.box(b"hdlr", bytes(8), b"vide", bytes(12)))
    content = media.box(b"moov", movie, media.box(b"trak", place, handler))
    facts = headers.video_facts(io.BytesIO(content), len(content))
    assert (facts.duration, facts.width, facts.height, facts.frame_count) == (2.5, 320, 240, 0)
