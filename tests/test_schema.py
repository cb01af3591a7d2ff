"""The shipped JSON Schema says what the reader reads."""

from vssfsm.traces import schema
from vssfsm.traces.values import KEYS


def test_file_is_fresh() -> None:
    """The shipped file is what the vocabulary gives."""
    assert schema.FILE.read_text(encoding="utf-8") == schema.text()


def test_keys_are_those_of_the_reader() -> None:
    """Each key that the reader reads stands in the schema, and no other."""
    assert sorted(schema.schema()["properties"]) == sorted(KEYS)
