"""`.env.example` names every setting once, with its default and its meaning."""

import json
import re
from pathlib import Path

import pytest

from core.settings import Settings

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / ".env.example").read_text()
SHOWN = dict(re.findall(r"^#(TICKCAST_\w+)=(.*)$", TEXT, re.MULTILINE))
NOT_OF_THE_SERVER = {
    "TICKCAST_URL",
    "TICKCAST_API_KEY",
    "TICKCAST_REDIS_PASSWORD",
    "TICKCAST_DATABASE_PASSWORD",
}


def test_it_names_exactly_the_settings_and_what_client_and_compose_read() -> None:
    fields = {f"TICKCAST_{name.upper()}" for name in Settings.model_fields}
    assert set(SHOWN) == fields | NOT_OF_THE_SERVER


@pytest.mark.parametrize("name", Settings.model_fields)
def test_it_shows_the_default_and_the_description_of_each_setting(name: str) -> None:
    field = Settings.model_fields[name]
    default = field.get_default(call_default_factory=True)
    text = json.dumps(default) if isinstance(default, dict) else str(default)
    assert f"# {field.description}\n#TICKCAST_{name.upper()}={text}\n" in TEXT


def test_everything_in_it_is_commented_out() -> None:
    assert all(line.startswith("#") for line in TEXT.splitlines() if line)


def test_all_defaults_as_shown_make_the_settings_of_an_empty_environment(tmp_path: Path) -> None:
    filled = tmp_path / ".env"
    filled.write_text(re.sub(r"^#(TICKCAST_)", r"\1", TEXT, flags=re.MULTILINE))
    assert Settings(_env_file=filled) == Settings(_env_file=None)
