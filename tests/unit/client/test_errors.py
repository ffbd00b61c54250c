from typing import Any

import httpx
import pytest

from client import Tickcast, errors
from core.errors import RequestError, TickcastError, Unavailable


def _statuses() -> set[int]:
    kinds = [TickcastError, RequestError, Unavailable]
    found: set[int] = set()
    while kinds:
        kind = kinds.pop()
        found.add(kind.status)
        kinds += kind.__subclasses__()
    return {status for status in found if status >= 400}


@pytest.mark.parametrize("status", sorted(_statuses() - {500}))
def test_every_status_that_the_server_raises_has_an_error_of_its_own(status: int) -> None:
    error = errors.answer_error(httpx.Response(status, json={"error": "x", "detail": "y"}))

    assert type(error) not in (errors.AnswerError, errors.ServerError)
    assert error.status == status


def test_an_error_carries_the_sentence_the_type_and_the_request_id_of_the_server(
    server: Any, tickcast: Tickcast
) -> None:
    server.answers("GET", "/tasks/t1", server.error(404, "not_found", "There is no task t1."))

    with pytest.raises(errors.NotFound, match=r"There is no task t1\.") as caught:
        tickcast.task("t1")

    assert (caught.value.type, caught.value.request_id) == ("not_found", "req-1")


def test_an_answer_that_is_not_in_the_house_form_gives_its_status_as_the_sentence() -> None:
    error = errors.answer_error(httpx.Response(502, text="<html>Bad gateway</html>"))

    assert isinstance(error, errors.ServerError)
    assert error.detail == "The server answered 502 Bad Gateway."


def test_every_error_of_the_client_belongs_to_the_one_tree() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    raised = [kind for kind in kinds if issubclass(kind, Exception)]

    assert len(raised) > 15
    assert all(issubclass(kind, TickcastError) for kind in raised)
