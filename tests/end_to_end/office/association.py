"""An association as its people see it: the office's registry, member shops, a listed person with a letter."""

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import requests
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shopguard.bootstrap import Installation
from shopguard.config import load_config
from shopguard.crypto import Keyring

from ...ports import free_ports
from ...waiting import until
from ..registry.houses import PRF, House, MovedClock, centre_settings
from ..registry.member import Member, public
from .commands import Commands
from .invented import evidence, order

SHOPS = ("shop-a", "shop-b", "shop-c")
ROLES = "registry,prf,office"
WIRED = "shop-w"
WIRED_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PERSONS = "/registry/v1/persons/"
_QUICK = """

import pwd, sys

_known, _steady = pwd.getpwuid, time.monotonic


def _signed_in(uid):
    known = _known(uid)
    return pwd.struct_passwd((os.environ.get("TEST_ACCOUNT", known[0]), *known[1:]))


def _quick():
    rounds = sys._getframe(1).f_globals.get("__name__") == "shopguard.registry.rounds"
    return _steady() * (60 if rounds else 1)


pwd.getpwuid = _signed_in
time.monotonic = _quick
"""
"""Who works is told by the test; what the registry does each minute by itself, it does each second."""


def eventually(look: Callable[[], Any], what: str) -> Any:
    """What the registry's deadlines lead to, once its sweeper has come round."""
    return until(look, what)


class Place(House):
    """An installation whose commands read the clock of the test, run by an account that the test names."""

    def __init__(self, home: Path, environment: Mapping[str, str], commands: Commands) -> None:
        super().__init__(home)
        self._commands = commands
        self.environment = {**os.environ, **environment, "COLUMNS": "200"}
        self.account = "aoki"

    def try_to(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        known = {**self.environment, "TEST_ACCOUNT": self.account}
        return self._commands.run(self.command(*arguments)[3:], known, given)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.home / "said.log").open("ab") as log:
            process = subprocess.Popen(
                self.command(*arguments), stdout=log, stderr=log, start_new_session=True, env=self.environment
            )
        self._running.append(process)
        return process

    @contextmanager
    def signed_in(self, account: str) -> Iterator["Place"]:
        """While it lasts, another person of the office works."""
        before, self.account = self.account, account
        try:
            yield self
        finally:
            self.account = before


class Association:
    """The office with its registry (``centre``), and three member shops, in folders below ``home``."""

    def __init__(self, home: Path, commands: Commands | None = None) -> None:
        self.home = home
        self.clock = MovedClock(home)
        with (home / "sitecustomize.py").open("a") as site:
            site.write(_QUICK)
        known = {**self.clock.environment, "PYTHONDONTWRITEBYTECODE": ""}
        known["PYTHONPATH"] = os.pathsep.join(filter(None, (str(home), os.environ.get("PYTHONPATH"))))
        self.commands = commands or Commands({**os.environ, **known})
        self.centre = Place(home / "centre", known, self.commands)
        self.shops = {name: Place(home / name, known, self.commands) for name in SHOPS}
        self.url = ""

    def furnish(self) -> None:
        """Keys and settings for all, and the shops taken in; nothing runs afterwards."""
        for place in (self.centre, *self.shops.values()):
            place.home.mkdir(parents=True)
        with ThreadPoolExecutor(4) as side_by_side:
            list(side_by_side.map(lambda place: place.run("init"), (self.centre, *self.shops.values())))
            self.move_to(free_ports(1)[0])
            keys = side_by_side.map(_public_key, self.shops.values())
            for (name, shop), key in zip(self.shops.items(), keys, strict=True):
                settings = yaml.safe_load(self._take_in(name, key)["settings"])
                settings["server"] = dict(zip(("receiver_port", "console_port"), free_ports(2), strict=True))
                write_settings(shop, settings)
        for shop in self.shops.values():
            _make_tables(shop)
        made = self._take_in(WIRED, base64.b64encode(public(WIRED_KEY)).decode())
        told = yaml.safe_load(made["settings"])["registry"]["answer_keys"]
        (self.home / "answer-keys").write_text("\n".join(told), encoding="ascii")

    def _take_in(self, name: str, key: str) -> Any:
        return self.centre.json("registry", "members", "create", name, "--name", name, "--key", key)

    def wired(self) -> Member:
        """A member that speaks HTTP itself."""
        keys = (self.home / "answer-keys").read_text("ascii").split()
        return Member(self.url, WIRED, WIRED_KEY, [base64.b64decode(key) for key in keys], self.clock)

    def move_to(self, port: int) -> None:
        """The registry answers on another port, and every shop knows."""
        self.url = f"http://127.0.0.1:{port}"
        settings = centre_settings(port)
        settings["server"]["registry_url"] = self.url
        settings["registry"]["office"] = {
            "name": "見本協会",
            "page": "https://office.example.jp/",
            "contact": "03-0000-0000",
        }
        write_settings(self.centre, settings)
        for shop in self.shops.values():
            settings = yaml.safe_load((shop.home / "config.yaml").read_text("utf-8"))
            if settings.get("registry", {}).get("url"):
                settings["registry"]["url"] = self.url
                write_settings(shop, settings)

    def copied(self, home: Path) -> "Association":
        """The same on another folder and port, not running."""
        for place in (self.centre, *self.shops.values()):
            shutil.copytree(place.home, home / place.home.name, ignore=shutil.ignore_patterns("run", "said.log"))
        shutil.copy(self.home / "answer-keys", home)
        made = Association(home, self.commands)
        made.move_to(free_ports(1)[0])
        return made

    def serve(self) -> None:
        self.centre.start("serve", "--role", ROLES)
        self.wait()

    def wait(self) -> None:
        until(self._answers, "members are answered")
        until(lambda: self.centre.processes_of(PRF), "the keyed function runs")

    def _answers(self) -> bool:
        try:
            return self.wired().get("/registry/v1/me").status_code == 200
        except requests.RequestException:
            return False

    def close(self) -> None:
        for place in (self.centre, *self.shops.values()):
            place.close()

    # --- a shop ---------------------------------------------------------------------------------------------------

    def try_to_file(
        self, shop: str, report: Mapping[str, Any], files: Mapping[str, bytes] | None = None
    ) -> subprocess.CompletedProcess[str]:
        folder = self.home / "papers"
        folder.mkdir(exist_ok=True)
        given = []
        for name, data in (evidence() if files is None else files).items():
            (folder / name).write_bytes(data)
            given += ["--evidence", str(folder / name)]
        written = json.dumps(_on_that_day(report, timedelta(self.clock.ahead_s // 86_400)), ensure_ascii=False)
        return self.shops[shop].try_to("report", "file", "-", *given, "--json", given=written)

    def file(self, shop: str, report: Mapping[str, Any]) -> str:
        done = self.try_to_file(shop, report)
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["id"])

    def reports(self, shop: str) -> list[dict[str, Any]]:
        told = self.shops[shop].json("report", "list")
        return list(told["reports"] if isinstance(told, dict) else told)

    def screened(self, shop: str, number: int) -> Any:
        """The verdict on an order of that person at a shop."""
        return json.loads(self.shops[shop].run("screen", given=json.dumps(order(number)) + "\n"))

    def matches(self, shop: str, number: int) -> list[dict[str, Any]]:
        told = self.screened(shop, number)
        assert told["state"] == "screened", told
        return list(told["matches"])

    def searched(self, shop: str, *, case: str, **details: str) -> Any:
        return self.shops[shop].json(
            "search", *(f"--{name}={text}" for name, text in details.items()), "--case", case
        )

    # --- the office -----------------------------------------------------------------------------------------------

    def office(self, *arguments: str) -> Any:
        return self.centre.json("registry", "office", *arguments)

    def accept(self, report: str, *more: str) -> str:
        """The reference of the entry that an accepted report opens."""
        told = self.office("accept", report, *more, "--reason", "四つの問いに証拠があります。")
        return str(told["entry"]["reference"])

    def letters(self) -> list[dict[str, Any]]:
        told = self.centre.json("registry", "persons", "letters")
        return list(told["letters"] if isinstance(told, dict) else told)

    def notice(self) -> tuple[str, str]:
        """The newest notice that waits: its number and its text."""
        number = str(next(each["number"] for each in reversed(self.letters()) if each["what"] == "notice"))
        return number, self.centre.run("registry", "persons", "letter", number)

    def send_notice(self) -> str:
        """Keep that it was sent, and return the code in it."""
        number, text = self.notice()
        found = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", text)
        assert found, text
        self.centre.run("registry", "persons", "sent", number, "--by", "post", "--proof", "RR 000 000 000 JP")
        return found.group()

    def list_now(self, shop: str, report: Mapping[str, Any]) -> tuple[str, str, str]:
        """Report, entry and code of one that is served from now on, fifteen days later by the clock."""
        filed = self.file(shop, report)
        self.centre.run("registry", "office", "take", filed)
        entry = self.accept(filed)
        code = self.send_notice()
        self.days_pass(15)
        eventually(lambda: self.state(code) == "active", "the entry is active after its fifteen days")
        number = int(report["order_number"].removeprefix("#"))
        eventually(lambda: self.matches("shop-c", number), "members are told of it")
        return filed, entry, code

    def days_pass(self, days: float) -> None:
        self.clock.move_on(days * 86_400)

    # --- the person -----------------------------------------------------------------------------------------------

    def person(self, route: str, **body: Any) -> requests.Response:
        return requests.post(self.url + PERSONS + route, json=body, timeout=30)

    def state(self, code: str) -> str:
        return str(self.person("look", code=code).json().get("state"))


def write_settings(place: House, settings: Mapping[str, Any]) -> None:
    (place.home / "config.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")


def _on_that_day(told: Any, later: timedelta) -> Any:
    """What a report says, with each of its days as much later as the clock of the test."""
    if isinstance(told, Mapping):
        return {name: _on_that_day(each, later) for name, each in told.items()}
    if isinstance(told, list):
        return [_on_that_day(each, later) for each in told]
    try:
        return (date.fromisoformat(told) + later).isoformat()
    except (TypeError, ValueError):
        return told


def _public_key(shop: Place) -> str:
    return str(shop.json("registry", "enrol", "--name", shop.home.name)["public_key"])


def _make_tables(shop: Place) -> None:
    """A shop's database, as its first start makes it."""
    config = load_config(shop.home / "config.yaml", {}, {})
    with closing(Installation(config, Keyring.load(shop.home / "keys.json"), shop.home)) as installation:
        installation.migrate()
