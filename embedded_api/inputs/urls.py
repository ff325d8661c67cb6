"""Addresses of inputs and of hosted files."""

from django.urls import path

from embedded_api.inputs.hosting import media
from embedded_api.inputs.views import InputCounts, Inputs, InputStream, OneInput, VideoManifest
from embedded_api.routing import app_route

urlpatterns = [
    path("media/<str:size>/<str:name>", media, name="media"),
    *app_route("inputs", Inputs, "inputs"),
    *app_route("inputs/stream", InputStream, "input_stream"),
    *app_route("inputs/status", InputCounts, "input_counts"),
    *app_route("inputs/<str:input_id>", OneInput, "input"),
    *app_route("inputs/<str:input_id>/video_manifest", VideoManifest, "video_manifest"),
]
