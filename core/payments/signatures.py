"""HMAC-SHA256 in hexadecimal, as providers sign with it."""

import hashlib
import hmac
from collections.abc import Sequence


def is_signed(signatures: Sequence[str], content: bytes, secrets: Sequence[str]) -> bool:
    """Say whether one of the signatures is that of the content under one of the secrets.

    Every pair is compared, in constant time each.
    """
    found = False
    for secret in secrets:
        expected = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest().encode()
        for signature in signatures:
            found |= hmac.compare_digest(expected, signature.strip().lower().encode())
    return found
