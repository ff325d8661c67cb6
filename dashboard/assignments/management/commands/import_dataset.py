"""`manage.py import_dataset FOLDER --connection SLUG`: a labeled folder goes up to a platform."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard.accounts.models import Connection
from dashboard.assignments.import_people import platform_ids
from dashboard.assignments.imports import ImportOrder, ImportRefused, ImportResult, import_voc
from dashboard.assignments.progress_bar import ProgressBar
from dashboard.assignments.uploads import Stopped
from dashboard.interchange.voc import Pixels, VocFolderError
from dashboard.platforms.errors import PlatformError
from dashboard.sync.services.people import platform_for
from dashboard.sync.services.syncing import request_sync

_CONTINUE = "What was sent is kept; run the same command again to continue."


class Command(BaseCommand):
    help = (
        "Send a labeled folder of pictures to a platform: its inputs, concepts and boxes; with labelers named, also a "
        "task over these inputs with the boxes submitted in their names. Resumable: run the same command again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="the folder with Annotations and JPEGImages")
        parser.add_argument(
            "--format", choices=["voc"], default="voc", help="how the folder is written (voc)"
        )
        parser.add_argument(
            "--connection", required=True, metavar="SLUG", help="the connection to send it to"
        )
        parser.add_argument(
            "--dataset", metavar="NAME", help="name from which ids are made (the folder's name)"
        )
        parser.add_argument("--task-name", default="", help="name of the task (the data set's name)")
        parser.add_argument(
            "--labeler", action="extend", nargs="+", default=[], metavar="LOGIN", help="who labeled"
        )
        parser.add_argument(
            "--reviewer", action="extend", nargs="+", default=[], metavar="LOGIN", help="who reviews"
        )
        parser.add_argument("--image-set", metavar="NAME", help="only the names in ImageSets/Main/NAME.txt")
        parser.add_argument(
            "--pixels",
            choices=[str(choice) for choice in Pixels],
            default=str(Pixels.ONE_BASED),
            help="whether the first pixel is 1 (with inclusive corners, the standard) or edges count from 0",
        )
        parser.add_argument("--limit", type=int, metavar="N", help="only the first N pictures")
        parser.add_argument("--dry-run", action="store_true", help="read and report, send nothing")
        parser.add_argument("--report", type=Path, metavar="PATH", help="write the report there as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        connection = Connection.objects.filter(slug=options["connection"]).first()
        if connection is None:
            slugs = ", ".join(Connection.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(
                f"--connection {options['connection']}: no such connection (there are: {slugs})"
            )
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit must be at least 1")
        if (options["task_name"] or options["reviewer"]) and not options["labeler"]:
            raise CommandError("--task-name and --reviewer make a task, which needs at least one --labeler")
        report: Path | None = options["report"]
        if report is not None and (report.is_dir() or not report.absolute().parent.is_dir()):
            raise CommandError(f"--report {report}: must name a file in a folder that exists")
        # The wrapper of Django ends every write with a newline; a bar must not.
        bar = ProgressBar(cast(TextIO, self.stderr._out))
        try:
            order = self._order(connection, options)
            result = import_voc(order, platform_for(connection), bar)
        except (ImportRefused, VocFolderError) as error:
            raise CommandError(str(error)) from error
        except Stopped as error:
            raise CommandError(f"{error}\n{_CONTINUE}") from error
        except PlatformError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError(f"Interrupted. {_CONTINUE}") from None
        finally:
            bar.close()
        if not order.dry_run:
            request_sync(connection=connection)  # so that the pages show it before the next pull is due
        self._tell(order, result, report)

    def _order(self, connection: Connection, options: dict[str, Any]) -> ImportOrder:
        folder: Path = options["folder"].expanduser().resolve()
        return ImportOrder(
            folder=folder,
            dataset=options["dataset"] or folder.name,
            task_name=options["task_name"],
            labelers=platform_ids(connection, options["labeler"], "labeler"),
            reviewers=platform_ids(connection, options["reviewer"], "reviewer"),
            image_set=options["image_set"],
            pixels=Pixels(options["pixels"]),
            limit=options["limit"],
            dry_run=options["dry_run"],
        )

    def _tell(self, order: ImportOrder, result: ImportResult, report: Path | None) -> None:
        self.stdout.write(result.losses.as_text(examples=10).rstrip())
        if order.dry_run:
            self.stdout.write("Dry run: nothing was sent.")
        else:
            self.stdout.write(
                f"Sent {result.images_sent} images and {result.boxes_sent} boxes; "
                f"{result.images_there} images and {result.boxes_there} boxes were there already."
            )
        if result.task_id:
            alone = (
                f", {result.left_alone} left alone because they were worked on" if result.left_alone else ""
            )
            self.stdout.write(f"Task {result.task_id}: {result.submitted} inputs submitted now{alone}.")
        if report is not None:
            report.write_text(json.dumps(result.as_dict(), indent=2, ensure_ascii=False) + "\n", "utf-8")
            self.stdout.write(f"The report is in {report}.")
