"""The store that keeps documents."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.documents import DocumentMissing, DocumentStore

ROOT = Path(__file__).parents[3]


def test_a_document_is_kept_under_its_hash(tmp_path: Path) -> None:
    store, content = DocumentStore(tmp_path / "not" / "there"), b"as signed"
    key = hashlib.sha256(content).hexdigest()
    assert not store.holds(key)
    assert store.put(content) == store.put(content) == key
    assert store.holds(key)
    assert store.get(key) == content
    assert [path.name for path in (tmp_path / "not" / "there").rglob("*") if path.is_file()] == [key]


def test_what_is_not_there_or_not_whole_is_missing(tmp_path: Path) -> None:
    store = DocumentStore(tmp_path)
    key = store.put(b"as signed")
    with pytest.raises(DocumentMissing) as missing:
        store.get("0" * 64)
    assert missing.value.sha256 == "0" * 64
    store.path(key).write_bytes(b"as forged")
    with pytest.raises(DocumentMissing):
        store.get(key)
    assert store.put(b"as signed") == key
    assert store.get(key) == b"as signed"


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_only_a_hash_leads_to_a_path(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        DocumentStore(tmp_path).path(key)


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_failure_while_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    store, content = DocumentStore(tmp_path), b"content"
    with monkeypatch.context() as patch:
        patch.setattr(os, moment, full)
        with pytest.raises(OSError, match="No space left"):
            store.put(content)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert store.get(store.put(content)) == content


def test_a_crash_while_writing_leaves_no_half_document(tmp_path: Path) -> None:
    store, content = DocumentStore(tmp_path), b"content" * 1000
    key = hashlib.sha256(content).hexdigest()
    dies = "import os, pathlib, sys; from shared.documents import DocumentStore; os.fsync = lambda _: os._exit(9);"
    dies += "DocumentStore(pathlib.Path(sys.argv[1])).put(b'content' * 1000)"
    died = subprocess.run([sys.executable, "-c", dies, str(tmp_path)], cwd=ROOT, check=False)
    assert died.returncode == 9
    assert not store.holds(key)
    assert store.get(store.put(content)) == content
