"""The connector against answers that no exchange should give."""

import datetime
import json
import math
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.errors import ExchangeRefused, ExchangeUnavailable
from feeds.exchange_candles import ExchangeCandles

HOUR = 3_600
START = 1_640_995_200
PRODUCTS = [{"id": "BTC-USD", "base_currency": "BTC", "quote_currency": "USD", "status": "online",
             "base_increment": "0.01", "quote_increment": "0.01"}]  # fmt: skip
Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def exchange(candles: Answer, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve a Coinbase Exchange whose candles are answered by `candles`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if "/candles" in self.path:
                candles(self)
            else:
                body(PRODUCTS if self.path.startswith("/products") else [])(self)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def body(content: object, status: int = 200, **headers: str) -> Answer:
    """Answer with JSON, or with bytes as they are."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(raw)))
        request.end_headers()
        request.wfile.write(raw)

    return answer


def fetch(url: str, timeout_s: float = 5) -> list[list[float]]:
    source = ExchangeCandles("coinbase", base_url=url, timeout_s=timeout_s, rate_limit_ms=0)
    return source.fetch_page("BTC-USD", HOUR, START, START + 3 * HOUR)


@pytest.mark.parametrize(
    "content",
    [
        b"<html>maintenance</html>",
        b"",
        b"[[",
        b"null",
        [["NaN", 1, 2, 3, 4, 5]],
        f"[[{START}, 1, 2, 1, 2, NaN]]".encode(),
        [[1]],
        [["soon", 1, 2, 3, 4, 5]],
        [[-5, 1, 2, 3, 4, 5]],
        [[1e30, 1, 2, 3, 4, 5]],
        [1, 2],
        b"[" * 100_000,
    ],
)
def test_an_answer_that_holds_no_candles_may_be_asked_for_again(content: object) -> None:
    with exchange(body(content)) as url, pytest.raises(ExchangeUnavailable):
        fetch(url)


@pytest.mark.parametrize("value", ["null", '"x"', "true", "[]"])
def test_a_value_that_is_no_number_spoils_its_row_only(value: str) -> None:
    good = [START, 1, 2, 1, 2, 5]
    rows = f"[[{START + HOUR}, 1, 2, 1, 2, {value}], {good}]".encode()

    with exchange(body(rows)) as url:
        page = fetch(url)

    assert page[0] == good
    assert page[1][0] == START + HOUR
    assert not math.isfinite(page[1][5])


def test_rows_outside_the_page_are_left_out() -> None:
    places = (-HOUR, 4 * HOUR, 3 * HOUR, 0)
    rows = [[START + place, 1, 2, 1, 2, 5] for place in places]

    with exchange(body(rows)) as url:
        assert [row[0] for row in fetch(url)] == [START, START + 3 * HOUR]


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.exchange_session.MAX_ANSWER_BYTES", 2**20)
    sent = 0

    def flood(request: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                sent += request.wfile.write(b"[" * 65_536)
        except OSError:
            request.close_connection = True

    with exchange(flood) as url, pytest.raises(ExchangeUnavailable):
        fetch(url)

    assert sent < 2**25


def test_an_answer_that_drips_is_given_up() -> None:
    given_up = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "100000")
        request.end_headers()
        try:
            while not given_up.wait(0.05):  # for an hour and more
                request.wfile.write(b"[")
        except OSError:
            request.close_connection = True

    with exchange(drip) as url:
        with pytest.raises(ExchangeUnavailable):
            fetch(url, timeout_s=0.5)
        given_up.set()


def test_silence_is_given_up() -> None:
    with (
        exchange(lambda request: time.sleep(1.5)) as url,
        pytest.raises(ExchangeUnavailable, match="in time"),
    ):
        fetch(url, timeout_s=0.3)


def test_a_redirect_is_not_followed() -> None:
    asked: list[str] = []

    def trap(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.path)
        body([])(request)

    with exchange(trap) as other:
        moved = body(b"", 302, Location=f"{other}/products/X/candles")
        with exchange(moved) as url, pytest.raises(ExchangeUnavailable):
            fetch(url)

    assert asked == []


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7), ("0", 0), ("9999999", 3_600), ("soon", 0), ("nan", None)]
)
def test_a_wait_that_the_exchange_names_is_passed_on_within_an_hour(
    header: str, seconds: int | None
) -> None:
    with (
        exchange(body({"message": "slow down"}, 429, Retry_After=header)) as url,
        pytest.raises(ExchangeUnavailable, match="rate") as error,
    ):
        fetch(url)

    assert error.value.retry_after == seconds


def test_a_wait_may_be_a_date() -> None:
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=90)
    header = moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
    with (
        exchange(body({"message": "slow down"}, 429, Retry_After=header)) as url,
        pytest.raises(ExchangeUnavailable) as error,
    ):
        fetch(url)

    assert error.value.retry_after == pytest.approx(90, abs=5)


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with (
        exchange(body([]), self_signed(tmp_path)) as url,
        pytest.raises(ExchangeRefused, match="certificate"),
    ):
        fetch(url)


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "own.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")
    return context
