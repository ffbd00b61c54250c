"""The commands of docs/metatrader.md."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "metatrader.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
SETTING = re.compile(r"export TICKCAST_(\w+)=(?:'([^']*)'|(\S+))")


def block(holding: str) -> str:
    """Return the one block of commands that holds a text."""
    [found] = [code for code in BLOCKS if holding in code]
    return str(found)


def settings_of_page() -> dict[str, str]:
    """Return the settings of the page's first step."""
    found = SETTING.findall(block("make run"))
    return {name.lower(): quoted or plain for name, quoted, plain in found}
