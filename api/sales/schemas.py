"""Shapes of the routes of sales."""

from typing import Annotated

from msgspec import Meta, Struct

from core.mail.mails import ADDRESS_LENGTH


class WebhookTaken(Struct):
    """An event is stored, whatever is found in it later."""

    ok: bool
    event_id: str
    status: str


class Claim(Struct, forbid_unknown_fields=True):
    """The token of a link, as it stands behind `#`."""

    token: Annotated[str, Meta(min_length=1, max_length=128)]


class EaConfig(Struct, rename={"inp_api_url": "InpApiUrl", "inp_api_key": "InpApiKey"}):
    """What a robot is told: the names are those of its inputs."""

    inp_api_url: str
    inp_api_key: str


class Claimed(Struct, rename={"ea_config": "_ea_config"}):
    """A key, shown this once."""

    ok: bool
    key_id: int
    api_key: str
    plan_tier: str | None
    expires_at: str | None
    ea_config: EaConfig


class Resend(Struct, forbid_unknown_fields=True):
    """Whose link is to be sent again."""

    email: Annotated[str, Meta(min_length=3, max_length=ADDRESS_LENGTH)]


class Resent(Struct):
    """The same for everybody, known or not."""

    ok: bool
    detail: str
