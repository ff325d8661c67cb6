"""The manifest of a video: MPEG-DASH in base64 as a data address. Source: Clarifai API, GetVideoManifestResponse.

The hosted file is the only representation and its only segment; a player seeks in it by ranges of bytes.
"""

import base64
import json
from xml.sax.saxutils import escape, quoteattr

from embedded_api.inputs.files import TYPES
from embedded_api.models import Input

_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT2S"'
    ' profiles="urn:mpeg:dash:profile:full:2011"{duration}>'
    '<Period><AdaptationSet contentType="video" mimeType={mime}>'
    '<Representation id="orig" bandwidth="{bandwidth}"{size}><BaseURL>{url}</BaseURL></Representation>'
    "</AdaptationSet></Period></MPD>"
)


def data_url(video: Input, prefix: str) -> str:
    """`data:application/dash+xml;base64,...` for a hosted video; what its header left out is left out here."""
    info = json.loads(video.info)
    seconds = info["duration_seconds"]
    duration = f' mediaPresentationDuration="PT{seconds:.3f}S"' if seconds else ""
    size = f' width="{video.width}" height="{video.height}"' if video.width and video.height else ""
    text = _MANIFEST.format(
        duration=duration,
        mime=quoteattr(TYPES[video.media.rpartition(".")[2]]),
        bandwidth=info["bit_rate"] or 1,
        size=size,
        url=escape(f"{prefix}/orig/{video.media}"),
    )
    return "data:application/dash+xml;base64," + base64.b64encode(text.encode()).decode()
