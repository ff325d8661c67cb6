"""The roof's address table: everything a browser sees belongs to the window."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("annotations_ui.urls"))]

handler400 = "annotations_ui.views.errors.bad_request"
handler403 = "annotations_ui.views.errors.forbidden"
handler404 = "annotations_ui.views.errors.not_found"
handler500 = "annotations_ui.views.errors.server_error"
