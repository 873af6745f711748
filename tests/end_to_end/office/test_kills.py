"""Processes killed between the steps: what was done stays done, nothing forbidden is served."""

import os
import signal
from contextlib import suppress

import pytest

from ..registry.houses import PRF
from .association import Association, eventually
from .invented import unpaid

pytestmark = pytest.mark.timeout(600)  # dozens of commands, each a process of its own


def kill_all(association: Association) -> None:
    """End every process of the centre as a power cut would, and start it again."""
    for pid in association.centre.processes_of("shopguard"):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    association.centre.close()
    association.serve()


def test_a_case_survives_a_power_cut_after_every_step(running: Association) -> None:
    report = running.file("shop-a", unpaid(600))
    kill_all(running)
    assert [each["id"] for each in running.office("queue")["reports"]] == [report]
    assert running.try_to_file("shop-a", unpaid(600)).returncode == 1, "it is known"
    assert running.office("next")["id"] == report
    entry = running.accept(report)
    kill_all(running)
    assert len([each for each in running.letters() if each["what"] == "notice"]) == 1, "one letter, not two"
    code = running.send_notice()
    assert not running.matches("shop-b", 600)
    running.days_pass(15)
    eventually(lambda: running.state(code) == "active", "the deadline is met after all")
    eventually(lambda: running.matches("shop-b", 600), "it is served")
    acts = [each["what"] for each in running.office("acts", report)]
    assert acts.count("report_checked") == 1
    asked = running.person("requests", kind="contest", code=code, text="支払いました。").json()
    kill_all(running)
    assert not running.matches("shop-b", 600), "contested stays unserved"
    assert running.state(code) == "contested"
    running.centre.run("registry", "persons", "answer", "overturn", asked["request"], "--reason", "支払済みでした。")
    kill_all(running)
    assert not running.matches("shop-b", 600)
    assert running.state(code) == "erased"
    assert running.centre.try_to("registry", "verify").returncode == 0
    assert running.centre.try_to("registry", "office", "suspend", entry, "--reason", "x").returncode == 1


def test_members_are_answered_again_when_single_processes_die(running: Association) -> None:
    _, _, code = running.list_now("shop-a", unpaid(610))
    for words in (PRF, "--role registry", "--role office"):
        running.centre.kill(words)
        running.wait()
        eventually(lambda: running.matches("shop-b", 610), "served again")
    running.person("requests", kind="stop", code=code, text="やめてください。")
    running.centre.kill("--role registry")
    running.wait()
    assert not running.matches("shop-b", 610)
    eventually(lambda: running.centre.processes_of("--role office"), "the office runs again")
    running.days_pass(32)
    eventually(lambda: running.state(code) == "erased", "its deadlines are kept")
