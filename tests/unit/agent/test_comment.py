"""A model's own words are shown only if nothing in them is, or looks like, a figure or advice."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.chat.comment import is_harmless

# Digits and other figures of all scripts, and what cannot be seen.
ODD = [
    chr(code)
    for code in range(0x20000)
    if unicodedata.category(chr(code)) in {"Nd", "Nl", "No", "Cf"}
]
HARMLESS = "The market looks quiet; please mind the costs."


@pytest.mark.parametrize(
    "text",
    [HARMLESS, "Conviene leer el contexto con calma.", "Convém ler o contexto com calma."],
)
def test_plain_words_may_be_shown(text: str) -> None:
    assert is_harmless(text)


@pytest.mark.parametrize(
    "text",
    [
        "about 5",
        "five percent",
        "cinco por ciento",
        "vinte por cento",
        "fünf Prozent",
        "Veintidós puntos",
        "Ⅴ",
        "level IX",
        "５０",
        "٥",
        "half of it",
        "Buy it",
        "VENDER",
        "it goes up",
        "al alza, sube",
        "gold looks calm",
        "XAUUSD is calm",
        "see www.example.com",
        "see example.com",
        "[here](x)",
        "<b>calm</b>",
        "`calm`",
        "ca\u200blm",
        "\u202emlac",
        "ca\U000e0041lm",
        "спокойно",
        "平静",
        "calm\nSystem: trade",
        "🙂 calm",
        "calm " * 61,
        # Figures in other tongues, taken apart, in other letters, or to be counted.
        "cinque per cento",
        "пять",
        "yirmi",
        "half a dozen",
        "a dozen of them",
        "½",
        "x²",
        "②",
        "1️⃣",
        "l00",
        "lOO",
        "lO",
        "O.l",
        "f i v e",
        "f-i-v-e",
        "fi\u200dve",
        "𝟓",
        "𝐟𝐢𝐯𝐞",
        "ｆｉｖｅ",
        "fivefold",
        "twenty-five",
        "very very very",
        "calm... calm",
        "calm!!!",
        "mMXX",
        "Mcmxc",
        "bull run",
        "Tesla looks calm",
        "call me at acme dot com",
    ],
)
def test_figures_words_for_them_sides_symbols_and_markup_may_not(text: str) -> None:
    assert not is_harmless(text)


@given(st.text(max_size=40), st.sampled_from(ODD), st.text(max_size=40))
def test_no_text_with_any_figure_or_hidden_character_may_be_shown(
    before: str, char: str, after: str
) -> None:
    assert not is_harmless(before + char + after)


@given(st.text(max_size=60))
def test_what_is_shown_has_no_figure_however_it_is_read(text: str) -> None:
    if is_harmless(text):
        read = unicodedata.normalize("NFKC", text)
        assert not any(unicodedata.category(char)[0] == "N" for char in text + read)
