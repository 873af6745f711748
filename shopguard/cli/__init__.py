"""The command line. Each command's module is imported when the command is called."""

import click

from shopguard.cli.lazy import Lazy, LazyGroup

_SETTINGS = "shopguard.cli.settings"

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
    "demo": Lazy("shopguard.cli.demo:demo", "Run the demo network with a simulated shop.", "デモを動かす"),
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
