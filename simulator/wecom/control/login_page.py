"""The pages of open.weixin.qq.com and login.work.weixin.qq.com: choose who you are, then go back.

GET /connect/oauth2/authorize and GET /wwlogin/sso/login show the members; a choice redirects to
redirect_uri with code and state, as WeCom does after a scan (api.md 7.4). With ``as=USERID`` in the
query the choice is made at once, for tests without a browser. The in-app page lists customers too:
``as_customer=EXTERNAL_USERID`` is a contact's WeChat, ``as_customer=stranger`` one that nobody knows.
"""

from html import escape
from itertools import islice
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from simulator.wecom.people.logins import Login, oauth
from simulator.wecom.state.contacts import Contact
from simulator.wecom.world import World

PAGE = (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>企业微信（模拟）登录</title>'
    "<style>body{{font:16px sans-serif;max-width:32em;margin:3em auto}}a{{display:block;"
    "padding:.6em;border:1px solid #ccc;margin:.3em 0;text-decoration:none;color:#111}}</style>"
    "<h1>企业微信（模拟）</h1><p>选择要登录的成员：</p>{links}{customers}</html>"
)
CUSTOMERS = "<p>或者以客户的微信打开：</p>"
STRANGER = "stranger"
CUSTOMERS_SHOWN = 40
SHOWN = 200


async def login_page(world: World, request: Request) -> Response:
    """The list of members, or the redirect of the one chosen."""
    query = dict(request.query_params)
    target = query.get("redirect_uri", "")
    if urlsplit(target).scheme not in ("http", "https"):
        return HTMLResponse("<h1>redirect_uri 缺失或不是网址</h1>", 400)
    chosen, customer = query.pop("as", ""), query.pop("as_customer", "")
    if chosen or customer:
        agent = query.get("agentid", "")
        scope = "snsapi_privateinfo" if query.get("scope") == "snsapi_privateinfo" else None
        order = Login(
            act="oauth",
            userid=chosen,
            openid=f"openid-{customer}" if customer else "",
            external_userid="" if customer == STRANGER else customer,
            agent_id=int(agent) if agent.isdigit() else None,
            scope=scope or "snsapi_base",
        )
        code = oauth(world, order)["code"]
        back = urlencode({"code": code, "state": query.get("state", "")})
        return RedirectResponse(f"{target}{'&' if '?' in target else '?'}{back}", 302)
    links = "".join(
        f'<a href="?{escape(urlencode({**query, "as": member.userid}))}">'
        f"{escape(member.name)}（{escape(member.userid)}）{escape(member.position)}</a>"
        for member in world.directory.present()[:SHOWN]
    )
    customers = ""
    if request.url.path.startswith("/connect/"):
        shown = [*((one.external_userid, one.name) for one in _some(world)), (STRANGER, "陌生人")]
        customers = CUSTOMERS + "".join(
            f'<a href="?{escape(urlencode({**query, "as_customer": who}))}">{escape(name)}</a>'
            for who, name in shown
        )
    return HTMLResponse(PAGE.format(links=links, customers=customers))


def _some(world: World) -> list[Contact]:
    return list(islice(world.contacts.contacts.values(), CUSTOMERS_SHOWN))
