"""Texts of 4,000 characters made to cost a screener as much as they can."""

LONG = 4000
_SEEDS = {
    "one red word": "保本",
    "one person": "我",
    "one loss": "亏",
    "digits": "1",
    "spaced digits": "1 ",
    "Chinese digits": "六二二八",
    "zero width": "保\u200b",
    "dotted": "保.本.",
    "pinyin": "baoben",
    "letters": "b",
    "triples": "转我卡亏了我补密码给我",
    "concepts": "我行保证收益本金理财转账密码存款贷款",
    "near hits": "您放心我们行里不会让您的本金亏的只是不能写",
    "brackets": "(",
    "nested brackets": "【「(",
    "separators": "、",
    "dots": "…",
    "numbers": "一二三四五六七八九十",
    "emoji": "💰",
    "emoji between": "保💰本💰",
    "strewn letter": "x保x本",
    "traditional": "剛性兌付",
    "calm": "在网点办理业务请带好身份证,谢谢配合。",
    "calm without end": "在网点办理业务请带好身份证谢谢配合",
    "questions": "保本吗?",
    "negations": "不保本不保息",
    "doubled negations": "不是不保本",
    "line breaks": "\n",
    "homophones": "宝本宝息包赚",
}


def texts() -> dict[str, str]:
    """Every kind by its name, each exactly ``LONG`` characters."""
    return {name: (seed * LONG)[:LONG] for name, seed in _SEEDS.items()}
