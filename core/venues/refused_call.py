"""A call that a venue refused for good."""

from core.errors import ExchangeRefused


class RefusedCall(ExchangeRefused):
    """A venue refused a call, with the status `call_status`: 401 where it was the token."""

    def __init__(self, venue: str, call_status: int) -> None:
        super().__init__(f"{venue} refused the request with status {call_status}.")
        self.call_status = call_status
