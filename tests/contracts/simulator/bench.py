"""A simulated bank on the bench: one simulated WeCom, spoken to over HTTP only."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx
import xmltodict
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from wechatpy.exceptions import InvalidSignatureException
from wechatpy.work.crypto import WeChatCrypto

from simulator.wecom.app import WeComSimulator

CORP = "ww0123456789abcdef"
TOKEN, AES_KEY = "callbackToken", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
MAIN, SECOND, DIRECTORY, ARCHIVE = 1_000_002, 1_000_003, 2_000_003, 2_000_004
SECRETS = {MAIN: "s-main", SECOND: "s-second", DIRECTORY: "s-directory", ARCHIVE: "s-archive"}
MONDAY = 1_773_021_600.0  # 2026-03-09 10:00 Asia/Shanghai
DAY = 86_400
LI, WANG, ZHAO = "li", "wang", "zhao"
ZHANG, CHEN, OTHER_CORP, HALF = "wmZhang", "wmChen", "woPartner", "wmHalf"
GROUP, INTERNAL = "wrGroup", "wrInternal"
VIP, GOLD, OWN = "etVip", "etGold", "etOwn"
Json = dict[str, Any]


@dataclass
class Product:
    """The product's callback address: keeps what came, decrypted, and can fail on demand."""

    got: list[Json] = field(default_factory=list)
    raw: list[tuple[dict[str, str], str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        query = {k: v[0] for k, v in parse_qs(scope["query_string"].decode()).items()}
        crypto = WeChatCrypto(TOKEN, AES_KEY, CORP)
        status, text = (self.statuses.pop(0) if self.statuses else 200), b""
        signed = (query["msg_signature"], query["timestamp"], query["nonce"])
        if scope["method"] == "GET":
            try:
                text = crypto.check_signature(*signed, query["echostr"]).encode()
            except InvalidSignatureException:
                status = 403
        else:
            xml = crypto.decrypt_message(body.decode(), *signed)
            self.raw.append((query, body.decode()))
            if status == 200:
                self.got.append(xmltodict.parse(xml)["xml"])
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": text})


@dataclass
class Bench:
    """The simulator with a client, and short ways to call it."""

    simulator: WeComSimulator
    client: httpx.AsyncClient
    product: Product
    tokens: dict[int, str] = field(default_factory=dict)

    async def token(self, agent: int = MAIN) -> str:
        """A token of an app, fetched once."""
        if agent not in self.tokens:
            query = {"corpid": CORP, "corpsecret": SECRETS[agent]}
            answer = (await self.client.get("/cgi-bin/gettoken", params=query)).json()
            self.tokens[agent] = answer["access_token"]
        return self.tokens[agent]

    async def respond(
        self, path: str, body: Json | None = None, *, agent: int = MAIN, **query: Any
    ) -> httpx.Response:
        """One API call: POST with a body, GET without."""
        query["access_token"] = await self.token(agent)
        if body is None:
            return await self.client.get(f"/cgi-bin/{path}", params=query)
        return await self.client.post(f"/cgi-bin/{path}", params=query, json=body)

    async def api(
        self, path: str, body: Json | None = None, *, agent: int = MAIN, **query: Any
    ) -> Json:
        """One API call; every API answer, good or bad, has HTTP status 200."""
        response = await self.respond(path, body, agent=agent, **query)
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    async def ok(
        self, path: str, body: Json | None = None, *, agent: int = MAIN, **query: Any
    ) -> Json:
        """An API call that must succeed."""
        answer = await self.api(path, body, agent=agent, **query)
        assert answer["errcode"] == 0, answer
        return answer

    async def code(
        self, path: str, body: Json | None = None, *, agent: int = MAIN, **query: Any
    ) -> int:
        """The errcode of an API call."""
        return int((await self.api(path, body, agent=agent, **query))["errcode"])

    async def upload(self, path: str, name: str = "a.jpg", size: int = 64, **query: Any) -> Json:
        """Upload a file."""
        query["access_token"] = await self.token()
        files = {"media": (name, b"x" * size, "image/jpeg")}
        response = await self.client.post(f"/cgi-bin/{path}", params=query, files=files)
        answer: Json = response.json()
        return answer

    async def sim(self, path: str, body: Any = None, *, method: str = "POST") -> Json:
        """One control call that must succeed."""
        response = await self.client.request(method, f"/_sim/{path}", json=body)
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    async def act(self, act: str, **fields: Any) -> Json:
        """One thing that a person does."""
        return await self.sim("act", {"act": act, **fields})

    async def modes(self, **modes: Any) -> None:
        """Change switches of the tenant."""
        await self.sim("modes", modes)

    async def pass_time(self, seconds: float) -> None:
        """Let simulated time go by."""
        await self.sim("clock", {"advance_s": seconds})

    async def fault(self, **rule: Any) -> None:
        """Put one fault rule in force."""
        await self.sim("faults", rule)

    async def seen(self, *kinds: str, after: int = 0) -> list[Json]:
        """Rows of seen, of these kinds."""
        query = f"seen?after={after}&limit=100000&kind={','.join(kinds)}"
        rows: list[Json] = (await self.sim(query, method="GET"))["rows"]
        return rows

    async def events(self) -> list[Json]:
        """Everything the product was told so far, when nothing is under way any more."""
        assert (await self.sim("callbacks/drain", {"timeout_s": 20}))["drained"]
        return self.product.got

    async def last_event(self) -> Json:
        """The newest event."""
        return (await self.events())[-1]


def public_pem(key: rsa.RSAPrivateKey) -> str:
    """The PEM of a private key's public half."""
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key.public_key().public_bytes(*form).decode()


def bank(key: rsa.RSAPrivateKey) -> Json:
    """A small bank as POST /_sim/load takes it."""
    extattr = [
        {"type": 0, "name": "工号", "text": {"value": "8001"}},
        {"type": 1, "name": "主页", "web": {"url": "https://bank.example", "title": "主页"}},
    ]
    outside = [
        *extattr,
        {
            "type": 2,
            "name": "手机银行",
            "miniprogram": {"appid": "wx8bd80126147dFAKE", "pagepath": "/i", "title": "手机银行"},
        },
    ]
    profile = {
        "external_corp_name": "示例银行",
        "wechat_channels": {"nickname": "示例银行", "status": 1},
        "external_attr": outside,
    }
    return {
        "corp": {
            "corp_id": CORP,
            "name": "示例银行",
            "callback": {"url": "http://product/wecom/callback", "token": TOKEN, "aes_key": AES_KEY},
            "apps": [
                {"agent_id": MAIN, "secret": SECRETS[MAIN]},
                {"agent_id": SECOND, "secret": SECRETS[SECOND]},
                {"agent_id": DIRECTORY, "secret": SECRETS[DIRECTORY], "kind": "directory"},
                {"agent_id": ARCHIVE, "secret": SECRETS[ARCHIVE], "kind": "archive"},
            ],
            "public_keys": {"1": public_pem(key)},
            "modes": {"callback_retry_spacing_s": 0.0},
        },
        "departments": [
            {"id": 1, "name": "总行", "name_en": "HQ"},
            {"id": 2, "name": "城东支行", "name_en": "East", "order": 10, "leaders": [LI]},
            {"id": 3, "name": "城西支行", "name_en": "West", "order": 40},
        ],
        "members": [
            {
                "userid": LI,
                "name": "李经理",
                "departments": [1, 2],
                "leader_in": [0, 1],
                "position": "客户经理",
                "direct_leader": [ZHAO],
                "mobile": "13800000000",
                "gender": "1",
                "extattr": extattr,
                "external_profile": profile,
            },
            {"userid": WANG, "name": "王经理", "departments": [2], "archive_edition": 3},
            {"userid": ZHAO, "name": "赵行长", "departments": [3], "archive_edition": None},
        ],
        "tags": [
            {"id": "etTier", "name": "客户等级", "tags": [
                {"id": VIP, "name": "VIP", "order": 2}, {"id": GOLD, "name": "金卡", "order": 1}]},
            {"id": "etMine", "name": "本应用", "agent_id": MAIN, "tags": [
                {"id": OWN, "name": "待回访"}]},
        ],
        "customers": [
            {"external_userid": ZHANG, "name": "张三", "unionid": "ozZhang", "followers": [
                {
                    "userid": LI, "remark": "张总", "description": "老客户", "tags": [VIP],
                    "own_tags": [["关系", "同学"]], "remark_corp_name": "张氏贸易",
                    "remark_mobiles": ["13800000001"], "add_way": 10, "agreed": True,
                    "wechat_channels": {"nickname": "示例银行", "source": 1}, "last_talk": 2.0,
                },
                {"userid": WANG, "state": "城东二维码", "tags": [GOLD], "last_talk": 1.0},
            ]},
            {"external_userid": CHEN, "name": "陈四", "followers": [
                {"userid": LI, "tags": [VIP, GOLD]}]},
            {
                "external_userid": OTHER_CORP, "name": "周五", "type": 2, "position": "经理",
                "corp_name": "同业", "corp_full_name": "同业股份有限公司",
                "external_profile": {"external_attr": outside},
                "followers": [{"userid": WANG}],
            },
            {"external_userid": HALF, "name": "吴六", "followers": [{"userid": LI, "half": True}]},
        ],
        "groups": [
            {"chat_id": GROUP, "name": "理财交流群", "owner": LI, "notice": "文明沟通",
             "opengid": "ogGroup", "admins": [WANG],
             "members": [
                 {"userid": WANG, "invitor": LI, "group_nickname": "客服小王"},
                 {"userid": ZHANG, "join_scene": 3, "state": "s1", "agreed": True},
                 {"userid": CHEN},
             ]},
            {"chat_id": INTERNAL, "name": "内部群", "owner": LI, "internal": True,
             "members": [{"userid": WANG}]},
        ],
    }  # fmt: skip
