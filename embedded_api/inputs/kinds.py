"""What a file is, told by its first bytes and never by its name. Pure."""

from dataclasses import dataclass

HEAD = 4096  # bytes that `recognize` wants to see


@dataclass(frozen=True)
class Form:
    """A file format: kind (image, video or audio), its name on the wire, and the ending of hosted files."""

    kind: str
    name: str
    ending: str


PNG, JPEG, WEBP = Form("image", "PNG", "png"), Form("image", "JPEG", "jpg"), Form("image", "WEBP", "webp")
GIF, BMP, TIFF = Form("image", "GIF", "gif"), Form("image", "BMP", "bmp"), Form("image", "TIFF", "tif")
MP4, MOV = Form("video", "MP4", "mp4"), Form("video", "MOV", "mov")
WEBM, OGG_VIDEO = Form("video", "WEBM", "webm"), Form("video", "OGG", "ogv")
WAV, MP3 = Form("audio", "WAV", "wav"), Form("audio", "MP3", "mp3")
OGG_AUDIO, FLAC = Form("audio", "OGG", "oga"), Form("audio", "FLAC", "flac")

# Kind -> what it may be, in words for a refusal.
WORDS = {
    "image": "PNG, JPEG, WebP, GIF, BMP or TIFF",
    "video": "MP4, MOV, WebM or OGG (Theora)",
    "audio": "WAV, MP3, OGG or FLAC",
    "text": "UTF-8 text",
}
KINDS = tuple(WORDS)
_STARTS = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"BM", BMP),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"fLaC", FLAC),
    (b"ID3", MP3),
)
# Major brands of moving pictures; the same container also carries HEIC, AVIF and M4A, which are none.
_MP4_BRANDS = frozenset(
    b"isom iso2 iso3 iso4 iso5 iso6 iso7 iso8 iso9 mp41 mp42 mp71 avc1 dash msdh MSNV".split()
    + b"M4VH M4VP 3gp4 3gp5 3gp6 3gs7".split()
    + [b"M4V ", b"f4v "]
)


def recognize(head: bytes) -> Form | None:
    """The format of a file that begins with `head` (up to HEAD bytes), None when it is none of ours."""
    if head[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"WAVE": WAV}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return MOV if head[8:12] == b"qt  " else MP4 if head[8:12] in _MP4_BRANDS else None
    if head[:4] == b"\x1aE\xdf\xa3":
        return WEBM if b"webm" in head[:64] else None
    if head[:4] == b"OggS":
        return _ogg(head)
    for start, form in _STARTS:
        if head.startswith(start):
            return form
    return MP3 if _is_mp3_frame(head) else None


def _ogg(head: bytes) -> Form | None:
    """The first packet of every stream stands near the start and names its codec."""
    if b"\x80theora" in head:
        return OGG_VIDEO
    names = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
    return OGG_AUDIO if any(name in head for name in names) else None


def _is_mp3_frame(head: bytes) -> bool:
    """Sync word, a version, layer III, a bit rate and a sample rate that exist."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or head[1] & 0x18 == 0x08:
        return False
    return 0 < head[2] >> 4 < 15 and head[2] & 0x0C != 0x0C
