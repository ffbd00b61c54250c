"""Bodies of trading robots are read as they come."""

from typing import Any

import falcon
import msgspec
import pytest
from falcon.asgi import App, Request, Response
from falcon.testing import TestClient

from api.robots.bodies import read_robot_json, unknown_fields
from core.errors import TickcastError


class Echo:
    async def on_post(self, req: Request, resp: Response) -> None:
        try:
            resp.media = await read_robot_json(req, 64)
        except TickcastError as error:
            raise falcon.HTTPError(error.status) from error


def sent(body: bytes, content_type: str | None = None) -> Any:
    app = App()
    app.add_route("/", Echo())
    headers = {"Content-Type": content_type} if content_type else {}
    return TestClient(app).simulate_post("/", body=body, headers=headers)


@pytest.mark.parametrize(
    "content_type",
    [None, "application/json", "text/plain", "application/x-www-form-urlencoded; charset=utf-8"],
)
def test_a_body_is_json_whatever_its_name_and_ends_before_its_end_marks(
    content_type: str | None,
) -> None:
    assert sent(b'{"v": 1}\0\0', content_type).json == {"v": 1}


def test_a_body_by_the_code_page_of_windows_or_with_a_mark_at_its_beginning_is_read() -> None:
    assert sent('{"company": "Société"}\0'.encode("cp1252")).json == {"company": "Société"}
    assert sent(b"\xef\xbb\xbf" + '{"company": "Société"}'.encode()).json == {"company": "Société"}


def test_what_is_no_json_is_too_long_or_of_another_type_is_refused() -> None:
    assert sent(b'{"v": 1\0').status_code == 400
    assert sent(b"[" + b"1," * 40 + b"1]").status_code == 413
    assert sent(b"v,1", "text/csv").status_code == 415


def test_unknown_fields_are_those_that_a_shape_lacks() -> None:
    class Known(msgspec.Struct):
        v: int
        class_: str = msgspec.field(name="class")

    assert unknown_fields({"v": 1, "class": "a", "new": [2]}, Known) == {"new": [2]}
    assert unknown_fields([1], Known) == {}
