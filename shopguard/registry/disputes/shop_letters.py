"""Letters to shops about their reports, in Japanese and English; members read them through the registry. Pure."""

from collections.abc import Sequence
from datetime import date

from shopguard.registry.disputes.letters import Letter, Sender, day_en, day_ja, lines, written
from shopguard.registry.disputes.model import NOWHERE


def reporter_told(sender: Sender, today: date, reports: Sequence[str], due_on: date) -> Letter:
    """To the shop: the person objects; what it can show is needed by ``due_on``."""
    which = "、".join(reports)
    ja = [
        "貴店の通報について、ご本人からお申出がありました。確認が終わるまで、この登録は提供されません。",
        lines(("通報", which), ("資料のご提出の期限", day_ja(due_on))),
        "ご注文、納品、ご案内の記録など、内容を示す資料をお送りください。期限までに示されない内容は消去されます。"
        "お支払いが済んでいる場合や、お心当たりの誤りがある場合は、通報をお取り下げください。"
        "この件についてご本人に連絡を取る必要はありません。",
    ]
    en = [
        "The person has answered your report. Until this has been checked, the entry is not served.",
        lines(("Report", ", ".join(reports)), ("Please send what you can show by", day_en(due_on))),
        "Please send what shows it: the order, the delivery, your reminders. What is not shown by then is erased. "
        "If it has been paid, or something was wrong, please withdraw the report. There is no need to contact the "
        "person about this.",
    ]
    return written(NOWHERE, sender, today, ("通報へのお申出について", ja), ("About your report", en))


def reporter_answered(sender: Sender, today: date, reports: Sequence[str], stays: bool) -> Letter:
    """To the shop: whether its report still supports an entry."""
    ja = [
        "貴店の通報へのお申出について、確認が終わりました。",
        lines(("通報", "、".join(reports)), ("結果", "登録を続けます" if stays else "登録を消去しました")),
    ]
    en = [
        "The person's answer to your report has been dealt with.",
        lines(("Report", ", ".join(reports)), ("Result", "the entry stays" if stays else "the entry was erased")),
    ]
    return written(NOWHERE, sender, today, ("お申出の確認の結果", ja), ("How it was decided", en))


def reporter_asked(sender: Sender, today: date, reports: Sequence[str], until: date) -> Letter:
    """To the shop: what it does not confirm by ``until`` counts no more."""
    ja = [
        "貴店の通報の内容が今も変わらないか、ご確認をお願いします。",
        lines(("通報", "、".join(reports)), ("ご確認の期限", day_ja(until))),
        "変わらなければ再確認（report confirm）を、入金があれば入金の記録を、誤りがあれば取り下げをお願いします。"
        "期限までに再確認のない通報は、登録の根拠として数えません。",
    ]
    en = [
        "Please see whether what you reported still holds.",
        lines(("Report", ", ".join(reports)), ("Please confirm by", day_en(until))),
        "If it does, confirm it (report confirm). If it has been paid, record that; if something was wrong, withdraw "
        "it. A report that is not confirmed by then supports no entry any more.",
    ]
    return written(NOWHERE, sender, today, ("通報の再確認のお願い", ja), ("Does your report still hold?", en))


def reporter_returned(sender: Sender, today: date, report: str, until: date) -> Letter:
    """To the shop: the office has a question about its report, which waits until ``until``."""
    ja = [
        "貴店の通報について、事務局から確認したいことがあります。通報は貴店に戻っています。",
        lines(("通報", report), ("戻した日", day_ja(today)), ("ご回答の期限", day_ja(until))),
        f"確認したい内容は「report show {report}」で表示されます。書き足すか資料を加えて、もう一度ご提出ください。"
        "期限までにご提出がなければ、通報は終わります。すでにご提出いただいた場合や、取り下げた場合は、何もなさらないでください。",
    ]
    en = [
        "The office has a question about your report, and has given it back to you.",
        lines(("Report", report), ("Given back on", day_en(today)), ("Please answer by", day_en(until))),
        f"What it asks is shown by `report show {report}`. Please add to the report or its files, and file it again. "
        "If nothing is filed by then, the report ends. If you have filed or withdrawn it meanwhile, there is nothing "
        "to do.",
    ]
    return written(NOWHERE, sender, today, ("通報の確認のお願い", ja), ("A question about your report", en))
