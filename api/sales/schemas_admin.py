"""Shapes of the operator's routes."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from api.http.schemas import Time
from api.sales.schemas import EaConfig
from core.mail.mails import ADDRESS_LENGTH, LOCALES, MailKind
from core.names import SYMBOL_PATTERN
from storage.mail.outbox import MailState
from storage.sales.webhooks import WebhookState

Flag = Literal["true", "false"]
Limit = Annotated[int, Meta(ge=1, le=500)]
Offset = Annotated[int, Meta(ge=0, le=10**9)]
SoldPlan = Literal["basic", "pro"]
_Name = Annotated[str, Meta(min_length=1, max_length=128)]
_Email = Annotated[str, Meta(min_length=3, max_length=ADDRESS_LENGTH)]
_Notes = Annotated[str, Meta(max_length=4_000)]
_Rate = Annotated[int, Meta(ge=1, le=1_000_000)]
_Symbols = Annotated[list[Annotated[str, Meta(pattern=SYMBOL_PATTERN)]], Meta(max_length=500)]
_Lengths = Annotated[list[str], Meta(max_length=20)]
_Locale = Annotated[str, Meta(extra_json_schema={"enum": list(LOCALES)})]


class NewKeyRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """A subscriber, a plan, and until when; null is for ever. Lists say what may be seen."""

    user_name: _Name
    email: _Email | None = None
    plan_tier: SoldPlan
    expires_at: Time | None = None
    notes: _Notes = ""
    locale: _Locale = "en"
    symbols_allowed: _Symbols | None = None
    tfs_allowed: _Lengths | None = None
    rate_limit_per_min: _Rate = 300
    send_mail: bool = False


class NewKeyQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """`add`: another key of the account that the address has."""

    add: Flag = "false"


class KeyMade(Struct, rename={"ea_config": "_ea_config"}):
    """A key, shown this once."""

    key_id: int
    api_key: str
    plan_tier: str | None
    ea_config: EaConfig
    account_id: int


class KeysQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which keys; `q` is a part of a name or of a mail address."""

    limit: Limit = 100
    offset: Offset = 0
    active: Flag | UnsetType = UNSET
    q: Annotated[str, Meta(max_length=254)] = ""


class KeyShown(Struct):
    """A key of a subscriber; of the key itself only what tells it from others."""

    key_id: int
    user_name: str
    email: str | None
    plan_tier: str | None
    api_key_hint: str
    active: bool
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    last_seen_at: str | None
    source: str | None
    notes: str
    account_id: int


class KeysShown(Struct):
    """Keys, the newest first; `total` counts all that match."""

    count: int
    total: int
    keys: list[KeyShown]


class KeyRevokedShown(Struct):
    """A key that opens nothing any more."""

    ok: bool
    key_id: int
    active: bool
    revoked_at: str | None


class AccountChange(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to change; a list of null is all. A plan replaces what the operator granted."""

    user_name: _Name | UnsetType = UNSET
    email: _Email | UnsetType | None = UNSET
    locale: _Locale | UnsetType = UNSET
    notes: _Notes | UnsetType = UNSET
    symbols_allowed: _Symbols | UnsetType | None = UNSET
    tfs_allowed: _Lengths | UnsetType | None = UNSET
    rate_limit_per_min: _Rate | UnsetType = UNSET
    plan_tier: SoldPlan | UnsetType = UNSET
    expires_at: Time | UnsetType | None = UNSET


class PlanShown(Struct):
    """A plan of an account, and who said so."""

    source: str
    source_ref: str
    plan_tier: str
    starts_at: str
    ends_at: str | None
    state: str


class AccountShown(Struct):
    """An account, as the operator sees it."""

    account_id: int
    user_name: str
    email: str | None
    locale: str
    plan_tier: str | None
    expires_at: str | None
    symbols_allowed: list[str] | None
    tfs_allowed: list[str] | None
    rate_limit_per_min: int
    notes: str
    created_at: str
    closed_at: str | None
    last_seen_at: str | None
    plans: list[PlanShown]


class AccountsQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which accounts; `active` has a plan now, `q` is a part of a name or of a mail address."""

    limit: Limit = 100
    offset: Offset = 0
    active: Flag | UnsetType = UNSET
    q: Annotated[str, Meta(max_length=254)] = ""


class AccountsShown(Struct):
    """Accounts, the newest first; `total` counts all that match."""

    count: int
    total: int
    accounts: list[AccountShown]


class AccountClosed(Struct):
    """An account that is closed, and nameless."""

    ok: bool
    account_id: int
    closed_at: str | None


class ClaimLinkMade(Struct):
    """A link to a key, shown this once."""

    url: str
    expires_at: str


class WebhooksQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which events."""

    state: WebhookState | UnsetType = UNSET
    limit: Limit = 100
    offset: Offset = 0


class WebhookShown(Struct):
    """An event of a payment provider and what became of it."""

    provider: str
    event_id: str
    name: str
    sent_at: str
    received_at: str
    state: str
    error: str | None
    attempts: int
    account_id: int | None
    digest: str


class WebhooksShown(Struct):
    """Events, the newest first; `counts` is of all, by state."""

    count: int
    counts: dict[str, int]
    webhooks: list[WebhookShown]


class MailsQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which mails."""

    state: MailState | UnsetType = UNSET
    limit: Limit = 100
    offset: Offset = 0


class MailShown(Struct):
    """A mail: which, to whose account, and where it is; `no_mail_server`: nobody sends it."""

    id: int
    account_id: int
    kind: MailKind
    state: str
    attempts: int
    next_try_at: str | None
    error: str | None
    created_at: str
    sent_at: str | None


class MailsShown(Struct):
    """Mails, the newest first; `counts` is of all, by state."""

    count: int
    counts: dict[str, int]
    mails: list[MailShown]
