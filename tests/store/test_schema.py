"""Tests of `wxtrace.store.schema` and `sealed`: what files say of themselves, and how far the journal is sealed."""

from __future__ import annotations

import json

import pytest

from wxtrace.errors import StoreDamaged
from wxtrace.store import schema, sealed

WRITERS = (schema.FileWriter("web1-1-2-3", "web1", 1, 10, 20, 5, 0), schema.FileWriter("b", "h", 2, 1, 2, 3, 4))


def test_what_a_file_says_of_itself_is_read_back():
    """
    Writers and inputs come out of the metadata as they went in.
    """
    said = schema.metadata(WRITERS, ["a.parquet", "b.parquet"])

    assert schema.FileMetadata(WRITERS, ("a.parquet", "b.parquet")) == schema.read_metadata("x", said)


@pytest.mark.parametrize("raw", [None, {}, {b"pandas": b"{}"}, {schema.KEY: b"{}"}])
def test_a_file_of_somebody_else_is_sound(raw):
    """
    A file without our metadata, or without its keys, says nothing.
    """
    assert schema.FileMetadata() == schema.read_metadata("x", raw)


def test_a_newer_schema_is_refused_by_name():
    """
    A file of a later version names the file, both versions, and the remedy.
    """
    with pytest.raises(StoreDamaged, match=r"f\.parquet.*schema 2.*knows 1; upgrade wxtrace"):
        schema.read_metadata("f.parquet", {schema.KEY: b'{"schema": 2}'})


@pytest.mark.parametrize("text", [b"{", b"[1]", b'{"schema": "x"}', b'{"writers": [3]}', b'{"inputs": 1}'])
def test_metadata_that_is_none_is_damage(text):
    """
    Whatever stands under our key, a reader gets one kind of error.
    """
    with pytest.raises(StoreDamaged, match="not as documented"):
        schema.read_metadata("f.parquet", {schema.KEY: text})


def test_progress_is_read_back(tmp_path):
    """
    Offsets, open starts, a pending intent and what was skipped come out of sealed.json as they went in.
    """
    at = {"w": sealed.Position(3, 17), "x": sealed.Position(2, 0, gone=True)}
    intent = sealed.Intent((sealed.Range("w", 1, 0, 9),), ("x",), ("spans/a/b.parquet",), at, {"w": 3})
    progress = sealed.Progress(at, {"w": {7: b"\xf5\0"}}, intent, {"w": 2})

    sealed.save(tmp_path, progress)

    assert progress == sealed.load(tmp_path)
    assert ["sealed.json"] == [path.name for path in tmp_path.iterdir()]


def test_readers_find_the_offsets_where_they_were_promised(tmp_path):
    """
    The keys of sealed.json that another program reads are the documented ones.
    """
    sealed.save(tmp_path, sealed.Progress({"w": sealed.Position(3, 17)}))

    expected = {"version": 1, "offsets": {"w": {"segment": 3, "offset": 17}}, "begun": {}, "intent": None}
    assert expected == json.loads((tmp_path / "sealed.json").read_bytes())


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 2, "offsets": {}}', '{"version": 1, "offsets": {"w": 3}}']
)
def test_progress_that_cannot_be_understood_is_named(tmp_path, text):
    """
    A broken or newer sealed.json stops the pass, and is not overwritten.
    """
    (tmp_path / "sealed.json").write_text(text)

    with pytest.raises(StoreDamaged, match=r"sealed\.json"):
        sealed.load(tmp_path)
