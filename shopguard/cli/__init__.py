"""The command line. Each command's module is imported when the command is called."""

import os

import click

from shopguard.cli.lazy import Lazy, LazyGroup

_SETTINGS = "shopguard.cli.settings"
_ORDERS, _SHOPS = "shopguard.cli.orders", "shopguard.cli.shops"
_SCREENING, _DATA, _BACKUPS = "shopguard.cli.screening", "shopguard.cli.data", "shopguard.cli.backups"

COMMANDS = {
    "init": Lazy(
        f"{_SETTINGS}:init", "Write a commented config.yaml and fresh keys.", "設定ファイルと鍵を新しく作る"
    ),
    "config": Lazy(f"{_SETTINGS}:config", "Check or show the settings.", "設定を検査・表示する"),
    "adapters": Lazy(
        f"{_SETTINGS}:adapters", "Show the platforms installed and what each can do.", "対応プラットフォームの一覧"
    ),
    "secret": Lazy(f"{_SETTINGS}:secret", "Keep secrets outside the settings.", "秘密情報を保管する"),
    "serve": Lazy("shopguard.cli.serve:serve", "Run receiver, worker and console.", "受信・処理・画面を動かす"),
    "sign-in": Lazy("shopguard.cli.serve:sign_in", "Print a one-time link to the console.", "画面に入るリンクを作る"),
    "user": Lazy("shopguard.cli.users:user", "Who may sign in to the console.", "画面を使う人のアカウント"),
    "demo": Lazy("shopguard.cli.demo:demo", "Run the demo network with a simulated shop.", "デモを動かす"),
    "connect": Lazy(f"{_SHOPS}:connect", "Register a shop's webhooks at its platform.", "ショップとつなぐ"),
    "doctor": Lazy(f"{_SHOPS}:doctor", "Find out why nothing arrives or is held.", "動作を診断する"),
    "deliveries": Lazy(f"{_ORDERS}:deliveries", "Show the stored deliveries.", "受信した配信の一覧"),
    "dead": Lazy(f"{_ORDERS}:dead", "Show what was given up, with what to do.", "処理できなかったものの一覧"),
    "replay": Lazy(f"{_ORDERS}:replay", "Run deliveries or failed effects again.", "配信を処理し直す"),
    "reviews": Lazy(f"{_ORDERS}:reviews", "Show the orders that wait for a decision.", "審査待ちの注文の一覧"),
    "release": Lazy(f"{_ORDERS}:release", "Let a held order go.", "出荷保留を解除する"),
    "keep": Lazy(f"{_ORDERS}:keep", "Leave a held order as it is.", "保留のままにする"),
    "screen": Lazy(f"{_SCREENING}:screen", "Judge orders from a file; writes nothing.", "ファイルの注文を判定する"),
    "identify": Lazy(
        f"{_SCREENING}:identify_", "Show how parties are read, and what finds them.", "正規化の結果を表示する"
    ),
    "compare": Lazy(f"{_SCREENING}:compare_", "Show what two parties have in common.", "二人の一致度を表示する"),
    "search": Lazy("shopguard.cli.search:search", "Search the registry, for a stated case.", "登録簿を検索する"),
    "report": Lazy("shopguard.cli.report:report", "Report to the registry what went wrong.", "登録簿に報告する"),
    "registry": Lazy("shopguard.cli.registry:registry", "The registry of entries.", "登録簿"),
    "backup": Lazy(f"{_BACKUPS}:backup", "Write everything into one file, while running.", "バックアップする"),
    "restore": Lazy(f"{_BACKUPS}:restore", "Put a backup in place.", "バックアップから復元する"),
    "data": Lazy(f"{_DATA}:data", "Retention, and what a person may ask for.", "保存データの消去と開示"),
    "keys": Lazy(f"{_DATA}:keys", "The keys that seal stored data.", "保存データの鍵"),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="shopguard")
def main() -> None:
    """Guard online shops against buyers who do not pay. / 代金を支払わない購入者からネットショップを守ります。

    Every command takes --config and --data-dir, before or after its name.
    """


def run() -> None:
    """Run the command line as a program of its own: every file it makes is for this user alone, sealed or not."""
    os.umask(0o077)
    main(prog_name="shopguard")
