"""What the driver raises, as the errors that the rest of the program knows."""

import pytest
from imagejobs.database import translated_errors
from imagejobs.errors import DatabaseUnavailable, DuplicateKey
from mongoengine.errors import NotUniqueError, OperationError
from pymongo.errors import AutoReconnect, DuplicateKeyError, ServerSelectionTimeoutError


@pytest.mark.parametrize(
    "error",
    [
        DuplicateKeyError("E11000 duplicate key error"),
        NotUniqueError("Tried to save duplicate unique keys"),
        OperationError("Could not save document (UNIQUE constraint failed: image_jobs.key)"),
    ],
)
def test_each_servers_word_for_a_key_that_is_there_already_is_one(error: Exception) -> None:
    with pytest.raises(DuplicateKey) as caught, translated_errors():
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    "error", [ServerSelectionTimeoutError("no server"), AutoReconnect("closed"), OperationError("not primary")]
)
def test_everything_else_of_the_driver_is_an_outage(error: Exception) -> None:
    with pytest.raises(DatabaseUnavailable, match=str(error)) as caught, translated_errors():
        raise error
    assert caught.value.__cause__ is error


def test_a_fault_in_the_program_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError), translated_errors():
        raise ZeroDivisionError
