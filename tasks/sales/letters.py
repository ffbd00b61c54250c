"""Mails made of their texts: plain text, and the same as simple HTML; nothing is fetched."""

from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from html import escape
from string import Template

from core.mail.mails import MailKind
from tasks.sales.letter_texts import TEXTS

LINK = "$link"
_PAGE = Template(
    '<!doctype html><html lang="$locale"><head><meta charset="utf-8"></head>'
    '<body style="font-family:sans-serif;max-width:36em;line-height:1.5">$body</body></html>'
)
_BUTTON = (
    '<p><a href="{0}" style="display:inline-block;padding:.6em 1.2em;background:#1453b8;'
    'color:#fff;text-decoration:none;border-radius:4px">{0}</a></p>'
)


def compose(
    kind: MailKind, locale: str, facts: Mapping[str, str], sender: str, recipient: str
) -> EmailMessage:
    """Return a mail; raises `KeyError` if a fact is missing that its text names.

    Line ends in a fact cannot begin another header: they are refused by `EmailMessage`,
    and taken out before, as names come from outside.
    """
    known = {name: " ".join(str(value).split()) for name, value in facts.items()}
    text = TEXTS.get(locale, TEXTS["en"])[kind]
    subject, *paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    message = EmailMessage()
    message["Subject"] = Template(subject).substitute(known)
    message["From"] = Address(addr_spec=sender)
    message["To"] = Address(addr_spec=recipient)
    message["Date"] = formatdate(usegmt=True)
    message["Message-ID"] = make_msgid(domain=sender.partition("@")[2])
    # Answers out of office are of no use.
    message["Auto-Submitted"] = "auto-generated"
    filled = [Template(paragraph).substitute(known) for paragraph in paragraphs]
    message.set_content("\n\n".join(filled) + "\n")
    body = "".join(map(_as_html, paragraphs, filled))
    page = _PAGE.substitute(locale=locale if locale in TEXTS else "en", body=body)
    message.add_alternative(page, subtype="html")
    return message


def _as_html(paragraph: str, filled: str) -> str:
    if paragraph == LINK:
        return _BUTTON.format(escape(filled))
    return f"<p>{escape(filled)}</p>"
