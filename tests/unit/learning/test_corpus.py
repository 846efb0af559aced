"""Reading labelled texts, and a split that depends on the text alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from groundswell.core.errors import BadData
from groundswell.learning.corpus import Example, file_facts, is_held_out, read_examples, split, text_key


def test_reads_labels_years_and_both_forms_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "train.tsv"
    path.write_text('text\tlabel\tyear\nSooo "good" @ann\tPositive\t2015\nmeh\tneutral\t\n', encoding="utf-8")
    first, second = read_examples(path)
    assert first == Example(
        text='Soo "good" @user', original='Sooo "good" @ann', labels=("positive",), year=2015
    )
    assert second.year is None


def test_reads_several_labels_and_texts_without_any(tmp_path: Path) -> None:
    labelled, plain = tmp_path / "a.tsv", tmp_path / "b.txt"
    labelled.write_text("text\tlabel\nhm\tanger,disgust\n", encoding="utf-8")
    plain.write_text("one\ntwo\n", encoding="utf-8")
    assert read_examples(labelled)[0].labels == ("anger", "disgust")
    assert [example.labels for example in read_examples(plain)] == [(), ()]


def test_a_file_without_the_header_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text("hello,positive\n", encoding="utf-8")
    with pytest.raises(BadData, match="columns text and label"):
        read_examples(path)


def test_the_same_text_always_falls_on_the_same_side() -> None:
    examples = [Example(text=f"text {i}") for i in range(5_000)]
    train, held_out = split(examples, share=0.06)
    assert len(train) + len(held_out) == 5_000 and 220 < len(held_out) < 380
    assert all(is_held_out(example, share=0.06) for example in held_out)
    assert split(reversed(examples), share=0.06)[1] == held_out[::-1]


def test_a_key_is_the_hash_of_the_text_and_survives_any_text() -> None:
    assert text_key("a") == int.from_bytes(hashlib.blake2b(b"a", digest_size=8).digest(), "big")
    assert text_key("\ud83d") != text_key("a")


def test_facts_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "train.tsv"
    path.write_bytes(b"text\tlabel\na\tpositive\nb\tneutral\n")
    facts = file_facts(path, name="N", licence="L")
    assert facts["rows"] == 2 and facts["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
