"""Inputs: pictures, texts, videos and sounds that are labeled."""

from django.db import models

from embedded_api import clock
from embedded_api.models.accounts import App


class Input(models.Model):
    """One picture, text, video or sound.

    `data` is JSON text without the medium itself, which has columns of its own.
    """

    app = models.ForeignKey(App, models.CASCADE, related_name="inputs", db_index=False)
    public_id = models.CharField(max_length=128)
    kind = models.CharField(max_length=8, default="image")  # image, text, video or audio
    data = models.TextField(default="{}")  # JSON text: concepts, metadata, geo
    text = models.TextField(blank=True)
    source_url = models.TextField(blank=True)
    # Unguessable file name such as "3f..e1.png", empty for a text that was sent as such. The ending tells the
    # original's format.
    media = models.CharField(max_length=80, blank=True)
    width = models.IntegerField(default=0)  # pixels
    height = models.IntegerField(default=0)
    format = models.CharField(max_length=8, blank=True)  # PNG, JPEG, MP4, ...
    color_mode = models.CharField(max_length=8, blank=True)
    info = models.TextField(default="{}")  # JSON text: video_info or audio_info, ready to be printed
    size = models.BigIntegerField(default=0)  # bytes of the original
    sha256 = models.CharField(max_length=64, blank=True)
    status_code = models.IntegerField(default=30000)
    created_at = models.CharField(max_length=27, default=clock.now)
    modified_at = models.CharField(max_length=27, default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "public_id"], name="input_public_id")]
        indexes = [
            models.Index(fields=["app", "id"], name="input_order"),
            models.Index(fields=["app", "status_code", "id"], name="input_status"),
            models.Index(
                fields=["app", "source_url"], name="input_source", condition=~models.Q(source_url="")
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
