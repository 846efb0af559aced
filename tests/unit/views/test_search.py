"""What is typed, and the query that is made of it."""

import pytest

from groundswell.views.search import tsquery


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("launch", "'launch'"),
        ("two words", "'two' & 'words'"),
        ('"in a row" else', "'in a row' & 'else'"),
        ('never "closed', "'never' & 'closed'"),
        ("yes -no", "'yes' & !'no'"),
        ('-"not this"', "!'not this'"),
        ("laun*", "'laun':*"),
        ("-laun**", "!'laun':*"),
        ("it's", "'it''s'"),
        ("back\\slash", "'back\\\\slash'"),
        ("a & b | (c)", "'a' & 'b' & '(c)'"),
        ("nul\0byte", "'nul' & 'byte'"),
        ("#launch @ana", "'#launch' & '@ana'"),
        ("--twice", "!'-twice'"),
        ("\u201cin a row\u201d else", "'in a row' & 'else'"),
        ("\u201ein einer Reihe\u201c -\xabpas ceci\xbb", "'in einer Reihe' & !'pas ceci'"),
        ("yes \u2212no \u2013never 2019\u20132020", "'yes' & !'no' & !'never' & '2019\u20132020'"),
        ("rain \u2013 launch", "'rain' & 'launch'"),
    ],
)
def test_queries(typed: str, query: str) -> None:
    assert tsquery(typed) == query


@pytest.mark.parametrize("typed", ["", "   ", "*", "-", '""', "... !", "\0"])
def test_nothing_is_searched_for_where_there_is_no_word(typed: str) -> None:
    assert tsquery(typed) is None
