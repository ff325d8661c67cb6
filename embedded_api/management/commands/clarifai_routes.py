"""Prints, or writes, the table of the API's routes."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from embedded_api.config import REPO
from embedded_api.refusals.survey import document

PAGE = Path("docs", "clarifai-routes.md")


class Command(BaseCommand):
    """`clarifai_routes` prints the page, `clarifai_routes --write` writes docs/clarifai-routes.md."""

    help = "Which routes of the Clarifai v2 API are served or refused, read off the URL table."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help=f"write {PAGE}")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["write"]:
            (REPO / PAGE).write_text(document(), "utf-8")
        else:
            self.stdout.write(document())
