"""Dashboard and alarms ask for metrics that the server tells, and come up by themselves."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
OBSERVED = ROOT / "operate/grafana"
DASHBOARD: dict[str, Any] = json.loads((OBSERVED / "dashboard.json").read_text())
(GROUP,) = yaml.safe_load((OBSERVED / "alerts.yml").read_text())["groups"]
ASKED = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
ALARMS = [rule["expr"] for rule in GROUP["rules"]]
DOCUMENTED = (ROOT / "docs/operations.md").read_text()


def test_panels_lie_beside_one_another_and_ask_the_provisioned_source() -> None:
    places = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}  # fmt: skip
        assert not cells & places
        assert place["x"] + place["w"] <= 24
        places |= cells
    source = OBSERVED / "datasources.yml"
    (found,) = yaml.safe_load(source.read_text())["datasources"]
    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} == {found["uid"]}


def test_compose_mounts_only_files_that_there_are() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name in ("prometheus", "grafana"):
        files = [volume for volume in services[name]["volumes"] if volume.startswith("./")]
        assert files
        assert all((ROOT / file.split(":")[0]).is_file() for file in files)


@pytest.mark.parametrize("rule", GROUP["rules"], ids=lambda rule: rule["alert"])
def test_an_alarm_says_what_is_wrong_and_where_to_look(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert rule["annotations"]["summary"].endswith(".")
    assert rule["annotations"]["look"]


@pytest.mark.parametrize("expression", [*ASKED, *ALARMS])
def test_brackets_of_an_expression_close(expression: str) -> None:
    pairs = {")": "(", "]": "[", "}": "{"}
    opened: list[str] = []
    for sign in re.sub(r'"[^"]*"', "", expression):
        if sign in pairs.values():
            opened.append(sign)
        elif sign in pairs:
            assert opened.pop() == pairs[sign]
    assert not opened


def test_what_the_docs_call_worth_an_alarm_has_one() -> None:
    (worth,) = re.findall(r"Worth an alarm: (.*?): the rules", DOCUMENTED, re.DOTALL)
    for metric in re.findall(r"tickcast_[a-z_]+", worth):
        assert any(metric in expression for expression in ALARMS)
