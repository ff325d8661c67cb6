"""The Pascal VOC reader: conversion, what is refused, and that bad files cost one image and no more."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dashboard.interchange.loss import LossReport, Severity
from dashboard.interchange.voc import (
    Pixels,
    VocFolderError,
    VocImage,
    count_voc,
    read_voc,
)
from tests.support.voc import VocFolder, annotation_xml


@pytest.fixture
def folder(tmp_path: Path) -> VocFolder:
    return VocFolder(tmp_path / "set")


def only(folder: VocFolder, **options: object) -> VocImage:
    images = list(read_voc(folder.root, **options))  # type: ignore[arg-type]
    assert len(images) == 1
    return images[0]


def kinds(image: VocImage) -> list[str]:
    return [problem.kind for problem in image.problems]


def test_a_whole_picture_is_the_unit_square(folder: VocFolder) -> None:
    folder.add("a", [("cell", 1, 1, 64, 48)])
    box = only(folder).boxes[0]
    assert (box.concept, box.index) == ("cell", 0)
    edges = box.fractions
    assert (edges.top, edges.left, edges.bottom, edges.right) == (0, 0, 1, 1)


def test_one_based_corners_are_inclusive(folder: VocFolder) -> None:
    folder.add("a", [("cell", 17, 13, 32, 24)])
    edges = only(folder).boxes[0].fractions
    assert (edges.left, edges.top, edges.right, edges.bottom) == (0.25, 0.25, 0.5, 0.5)


def test_zero_based_corners_are_edges(folder: VocFolder) -> None:
    folder.add("a", [("cell", 0, 0, 32, 24)])
    edges = only(folder, pixels=Pixels.ZERO_BASED).boxes[0].fractions
    assert (edges.left, edges.top, edges.right, edges.bottom) == (0, 0, 0.5, 0.5)


def test_a_corner_at_zero_is_outside_and_the_hint_says_why(folder: VocFolder) -> None:
    folder.add("a", [("cell", 0, 5, 20, 20)])
    image = only(folder)
    assert image.boxes == ()
    assert kinds(image) == ["box_outside"]
    assert "count pixels from 0" in image.problems[0].detail


@pytest.mark.parametrize(
    ("corners", "kind"),
    [
        ((10, 10, 10, 10), "box_zero_size"),
        ((10, 10, 10, 20), "box_zero_size"),
        ((20, 10, 10, 20), "box_zero_size"),
        ((-4, 10, 10, 20), "box_outside"),
        ((10, 10, 65, 20), "box_outside"),
        ((10, 10, 20, 49), "box_outside"),
        (("", 10, 20, 20), "box_not_numbers"),
        (("nan", 10, 20, 20), "box_not_numbers"),
        ((1, 1, "inf", 20), "box_not_numbers"),
        ((1, 1, "1e999", 20), "box_not_numbers"),
        ((1, 1, "2_0", 20), "box_not_numbers"),
        ((1, 1, "٢٠", 20), "box_not_numbers"),
    ],
)
def test_a_bad_box_is_skipped_and_named_and_its_neighbours_stay(
    folder: VocFolder, corners: tuple[object, object, object, object], kind: str
) -> None:
    folder.add("a", [("cell", 1, 1, 9, 9), ("cell", *corners), ("dust", 2, 2, 9, 9)])
    image = only(folder)
    assert [(box.index, box.concept) for box in image.boxes] == [(0, "cell"), (2, "dust")]
    (problem,) = image.problems
    assert (problem.kind, problem.severity, problem.index) == (kind, Severity.BOX_SKIPPED, 1)
    assert problem.file == "a.xml"
    assert image.found == 3


def test_decimals_are_read(folder: VocFolder) -> None:
    folder.add("a", [("cell", "8.5", " 4.0 ", "16.25", "12")])
    box = only(folder).boxes[0]
    assert box.pixels.xmin == 8.5
    assert box.fractions.right == 16.25 / 64


def test_missing_name_and_missing_box_are_told_apart(folder: VocFolder) -> None:
    folder.picture("a.jpg")
    folder.xml(
        "a",
        "<annotation><filename>a.jpg</filename><object><name> </name><bndbox><xmin>1</xmin><ymin>1</ymin>"
        "<xmax>5</xmax><ymax>5</ymax></bndbox></object><object><name>cell</name><polygon/></object></annotation>",
    )
    image = only(folder)
    assert kinds(image) == ["size_from_picture", "concept_missing", "box_missing"]
    assert "polygon" in image.problems[2].detail


def test_flags_are_reported_as_not_kept(folder: VocFolder) -> None:
    text = annotation_xml("a.jpg", (64, 48), [("cell", 1, 1, 9, 9)])
    folder.picture("a.jpg")
    folder.xml("a", text.replace("<truncated>0", "<truncated>1"))
    image = only(folder)
    assert len(image.boxes) == 1
    assert kinds(image) == ["flag_not_kept"]
    report = LossReport()
    report.extend(image.problems)
    assert report.losses == 0


@pytest.mark.parametrize("written", [None, (0, 0), ("x", 48), ("", "")])
def test_size_comes_from_the_picture_when_absent(
    folder: VocFolder, written: tuple[object, object] | None
) -> None:
    folder.add("a", [("cell", 1, 1, 64, 48)], written=written)
    image = only(folder)
    assert (image.width, image.height) == (64, 48)
    assert kinds(image) == ["size_from_picture"]
    assert image.boxes[0].fractions.right == 1


def test_another_real_size_skips_the_image(folder: VocFolder) -> None:
    folder.add("a", [("cell", 1, 1, 9, 9)], written=(640, 480))
    image = only(folder)
    assert image.path is None
    assert image.boxes == ()
    assert kinds(image) == ["size_mismatch"]
    assert "640 x 480" in image.problems[0].detail


@pytest.mark.parametrize(
    "filename",
    ["../secret.jpg", "..", "/etc/hosts.jpg", "sub/a.jpg", "..\\a.jpg", "C:a.jpg", "a\\..\\b.jpg"],
)
def test_a_filename_that_leaves_the_folder_is_refused(folder: VocFolder, filename: str) -> None:
    (folder.root / "secret.jpg").write_bytes(folder.picture("a.jpg").read_bytes())
    folder.xml("a", annotation_xml(filename, (64, 48), [("cell", 1, 1, 9, 9)]))
    image = only(folder)
    assert image.path is None
    assert kinds(image) == ["filename_refused"]


def test_a_link_out_of_the_folder_is_refused(folder: VocFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(folder.picture("b.jpg").read_bytes())
    os.symlink(outside, folder.root / "JPEGImages" / "a.jpg")
    folder.xml("a", annotation_xml("a.jpg", (64, 48), []))
    assert kinds(only(folder)) == ["filename_refused"]


def test_a_filename_without_suffix_and_an_absent_filename_are_found(folder: VocFolder) -> None:
    folder.picture("a.png")
    folder.xml("a", annotation_xml("a", (64, 48), []))
    folder.picture("b.jpg")
    folder.xml("b", "<annotation><size><width>64</width><height>48</height></size></annotation>")
    assert [image.path.name for image in read_voc(folder.root) if image.path] == ["a.png", "b.jpg"]


def test_two_files_about_one_picture(folder: VocFolder) -> None:
    folder.add("a", [("cell", 1, 1, 9, 9)])
    folder.xml("b", annotation_xml("a.jpg", (64, 48), [("cell", 1, 1, 9, 9)]))
    first, second = read_voc(folder.root)
    assert first.path is not None
    assert second.path is None
    assert kinds(second) == ["image_twice"]


BOMB = (
    '<!DOCTYPE annotation [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    "<annotation><filename>&b;</filename></annotation>"
)
FETCH = '<!DOCTYPE annotation SYSTEM "http://127.0.0.1:9/x.dtd"><annotation/>'
READ = '<!DOCTYPE annotation [<!ENTITY x SYSTEM "file:///etc/hostname">]><annotation>&x;</annotation>'


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\x00\x01\x02",
        b"<annotation>",
        b"<annotation><size></annotation>",
        b"<other/>",
        b"<annotation>&undefined;</annotation>",
        b'<?xml version="1.0" encoding="no-such-code"?><annotation/>',
        b"\xff\xfe<annotation/>",
        b"<annotation>" + b"<a>" * 40 + b"</a>" * 40 + b"</annotation>",
        BOMB.encode(),
        FETCH.encode(),
        READ.encode(),
    ],
)
def test_bad_xml_costs_one_image(folder: VocFolder, text: bytes) -> None:
    folder.add("b", [("cell", 1, 1, 9, 9)])
    folder.xml("a", text)
    bad, good = read_voc(folder.root)
    assert bad.path is None
    assert kinds(bad) == ["xml_refused"]
    assert len(good.boxes) == 1


def test_missing_and_broken_pictures(folder: VocFolder) -> None:
    folder.xml("a", annotation_xml("a.jpg", (64, 48), [("cell", 1, 1, 9, 9)]))
    (folder.root / "JPEGImages" / "b.jpg").write_bytes(b"not a picture")
    folder.xml("b", annotation_xml("b.jpg", (64, 48), []))
    assert [kinds(image) for image in read_voc(folder.root)] == [["image_missing"], ["image_broken"]]


def test_an_image_set_gives_names_and_order(folder: VocFolder) -> None:
    for name in ("a", "b", "c"):
        folder.add(name)
    listing = folder.root / "ImageSets" / "Main" / "train.txt"
    listing.write_text("c 1\n\na -1\n../a\nc 1\n")
    images = list(read_voc(folder.root, image_set="train"))
    assert [image.name for image in images] == ["c", "a", "../a"]
    assert kinds(images[2]) == ["name_refused"]
    assert count_voc(folder.root, image_set="train") == 3


@pytest.mark.parametrize("image_set", ["none", "../train", "", "a/b"])
def test_an_unreadable_image_set_is_an_error_of_the_folder(folder: VocFolder, image_set: str) -> None:
    with pytest.raises(VocFolderError, match="image set"):
        list(read_voc(folder.root, image_set=image_set))


def test_a_folder_of_another_kind_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(VocFolderError, match="Annotations"):
        list(read_voc(tmp_path))
    (tmp_path / "Annotations").mkdir()
    with pytest.raises(VocFolderError, match="JPEGImages"):
        list(read_voc(tmp_path))


def test_the_report_counts_and_names(folder: VocFolder) -> None:
    folder.add("a", [("cell", 1, 1, 9, 9), ("cell", 5, 5, 5, 5)])
    folder.xml("b", "<broken")
    report = LossReport()
    list(read_voc(folder.root, report=report))
    told = json.loads(report.as_json())
    assert told["images"] == {"found": 2, "read": 1}
    assert told["boxes"] == {"found": 2, "read": 1}
    assert told["counts"] == {"box_zero_size": 1, "xml_refused": 1}
    assert told["problems"][0]["box"] == [5, 5, 5, 5]
    assert report.losses == 2
    assert "a.xml: box 5, 5, 5, 5 has no size" in report.as_text()


def test_the_report_keeps_few_examples_and_all_counts() -> None:
    from dashboard.interchange.loss import Problem

    report = LossReport(keep=2, keep_notes=1)
    for number in range(5):
        report.add(Problem("lost", Severity.BOX_SKIPPED, f"{number}.xml", "gone"))
        report.add(Problem("seen", Severity.NOTE, f"{number}.xml", "kept"))
    assert report.counts == {"lost": 5, "seen": 5}
    assert len(report.problems()) == 2
    assert len(report.problems(notes=True)) == 3
    assert "... and 3 more" in report.as_text()


def test_bccd_whole(request: pytest.FixtureRequest) -> None:
    bccd = Path(request.config.rootpath).parent / "shared" / "data" / "bccd"
    if not bccd.is_dir():
        pytest.skip("the bccd reference data are not beside the project")
    report = LossReport()
    images = list(read_voc(bccd, report=report))
    assert len(images) == report.images_found == report.images_read == 364
    assert report.boxes_found == 4888
    assert report.boxes_read == sum(len(image.boxes) for image in images) == 4886
    assert [(p.kind, p.file, p.concept, p.box) for p in report.problems()] == [
        ("box_zero_size", "BloodImage_00338.xml", "RBC", (504, 337, 504, 337)),
        ("box_zero_size", "BloodImage_00343.xml", "RBC", (181, 329, 181, 329)),
    ]
    edges = [box.fractions for image in images for box in image.boxes]
    assert all(0 <= e.left < e.right <= 1 and 0 <= e.top < e.bottom <= 1 for e in edges)
