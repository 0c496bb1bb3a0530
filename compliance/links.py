"""Which addresses may stand in a text: the bank's own hosts and those it has registered."""

import re

_SCHEME = re.compile(
    r"([a-zA-Z][a-zA-Z0-9+.\-]{1,15})\s*[:：]\s*/\s*/\s*([^\s/?#，。；、）)」”\"']*)"
)
_BARE = re.compile(
    r"(?<![a-zA-Z0-9@.\-])((?:[a-zA-Z0-9](?:[a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?\.)+"
    r"(?:com|cn|net|org|top|xyz|vip|cc|info|shop|site|club|online|link|me|io|tv|co|biz|app|wang|ltd))"
    r"(?![a-zA-Z0-9\-])",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"(?:javascript|data|vbscript)\s*[:：]", re.IGNORECASE)


def foreign_links(text: str, hosts: frozenset[str]) -> tuple[str, ...]:
    """Hosts in ``text`` that are not ``hosts`` nor below them; a scheme other than http is foreign."""
    if "." not in text and ":" not in text and "：" not in text and "．" not in text:
        return ()
    foreign: list[str] = []
    if _SCRIPT.search(text):
        foreign.append("javascript:")
    for scheme, place in _SCHEME.findall(text):
        host = place.rpartition("@")[2].partition(":")[0].lower().rstrip(".")
        if scheme.lower() not in ("http", "https") or "@" in place or not _known(host, hosts):
            foreign.append(f"{scheme}://{host}")
    foreign += [host for host in _BARE.findall(text) if not _known(host.lower(), hosts)]
    return tuple(dict.fromkeys(foreign))


def _known(host: str, hosts: frozenset[str]) -> bool:
    return any(host == own or host.endswith("." + own) for own in hosts)
