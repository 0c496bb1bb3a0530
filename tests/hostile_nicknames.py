"""Seventeen kinds of nicknames that somebody once broke a system with; for us they are data."""

from typing import Final

NICKNAMES: Final = {
    "script": "<script>alert(1)</script>",
    "attribute": "\" onmouseover=alert(1) x='",
    "jinja": "{{ 7*7 }}{{ config }}",
    "jinja block": "{% for x in [] %}{% endfor %}",
    "format": "{0.__class__.__mro__}{name}",
    "percent": "%s%n%(x)d%%",
    "regex": r"\1 $1 \g<0> (.*)+$",
    "formula": '=HYPERLINK("http://e.example","点我")',
    "sql": "'; DROP TABLE contact; --",
    "path": "../../etc/passwd",
    "line ends": "a\r\nSet-Cookie: x=1\n\x1b[31mred",
    "separators": "行\u2028段\u2029末",
    "direction": "\u202eevil\u202c\u2066x\u2069",
    "zero width": "z\u200b\u200d\ufeffa\u0300\u0301\u0302\u0303",
    "astral": "👨‍👩‍👧‍👦𠮷野家",
    "blank": "\u3000\u00a0 ",
    "long": "周" * 1_500,
}
