"""The table of control paths."""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.wecom.control import exchange, gateway, people, texts, truth
from simulator.wecom.control.clock import ClockOrder, set_clock, show_clock
from simulator.wecom.control.corp import CorpOrder, set_corp, set_modes, show_corp
from simulator.wecom.control.generate import GenerateOrder, generate
from simulator.wecom.control.kit import (
    MISTAKES,
    BadOrderError,
    Order,
    answer,
    body_of,
    read_order,
    refused,
)
from simulator.wecom.control.login_page import login_page
from simulator.wecom.control.talk import SayOrder, say_many
from simulator.wecom.errors import Json
from simulator.wecom.faults import FaultRule
from simulator.wecom.people.kit import ActEntry
from simulator.wecom.world import World

Reply = Callable[[Request], Awaitable[Json]]
MAKERS: dict[str, tuple[TypeAdapter[Any], Callable[[World, Any], Json]]] = {
    "departments": (TypeAdapter(list[people.DepartmentOrder]), people.make_departments),
    "members": (TypeAdapter(list[people.MemberOrder]), people.make_members),
    "tags": (TypeAdapter(list[people.TagGroupOrder]), people.make_tags),
    "customers": (TypeAdapter(list[people.CustomerOrder]), people.make_customers),
    "relations": (TypeAdapter(list[people.RelationOrder]), people.make_relations),
    "groups": (TypeAdapter(list[people.GroupOrder]), people.make_groups),
    "say": (TypeAdapter(list[SayOrder]), say_many),
}


class LoseOrder(Order):
    """Whose tokens are lost; nobody named means everybody's."""

    agent_id: int | None = None


class DrainOrder(Order):
    """How long to wait, in real seconds."""

    timeout_s: float = 30.0


class Control:
    """The control API of one world."""

    def __init__(self, world: World, acts: dict[str, ActEntry]) -> None:
        self._world = world
        self._acts = acts

    def routes(self) -> list[Route]:
        """All routes under /_sim."""
        table: list[tuple[str, str, Reply]] = [
            ("POST", "/_sim/corp", self._set_corp),
            ("GET", "/_sim/corp", self._show_corp),
            ("POST", "/_sim/modes", self._set_modes),
            ("POST", "/_sim/load", self._load),
            ("POST", "/_sim/act", self._act),
            ("GET", "/_sim/acts", self._list_acts),
            ("POST", "/_sim/faults", self._arm),
            ("GET", "/_sim/faults", self._show_faults),
            ("DELETE", "/_sim/faults", self._lift),
            ("POST", "/_sim/clock", self._set_clock),
            ("GET", "/_sim/clock", self._show_clock),
            ("POST", "/_sim/tokens/lose", self._lose_tokens),
            ("GET", "/_sim/seen", self._seen),
            ("GET", "/_sim/seen/counts", self._seen_counts),
            ("POST", "/_sim/callbacks/drain", self._drain),
            ("POST", "/_sim/callbacks/verify", self._verify),
            ("POST", "/_sim/generate", self._generate),
            ("GET", "/_sim/state", self._totals),
            ("GET", "/_sim/relations", self._relations),
            ("GET", "/_sim/customers/{external_userid}", self._customer),
            ("GET", "/_sim/groups", self._groups),
            ("GET", "/_sim/broadcasts", self._broadcasts),
            ("GET", "/_sim/transfers", self._transfers),
            ("GET", "/_sim/archive", self._talk),
            ("GET", "/_sim/codes", self._codes),
            ("POST", "/_sim/codes", self._fail_codes),
            ("GET", "/_sim/texts", self._texts),
            ("POST", "/_sim/texts", self._fail_texts),
            ("GET", "/_sim/calls", self._calls),
            ("POST", "/_sim/calls", self._fail_calls),
        ]
        routes = [Route(path, self._wrap(reply), methods=[method]) for method, path, reply in table]
        makers = [
            Route(f"/_sim/{kind}", self._wrap(self._maker(kind)), methods=["POST"])
            for kind in MAKERS
        ]
        pages = [
            Route("/connect/oauth2/authorize", self._login),
            Route("/wwlogin/sso/login", self._login),
            Route(gateway.PATH, self._take_code, methods=["POST"]),
            Route(texts.PATH, self._take_text, methods=["POST"]),
            Route(texts.PATH + "/{id}", self._find_text, methods=["GET"]),
            Route(exchange.PATH, self._take_call, methods=["POST"]),
            Route(exchange.PATH + "/{id}", self._find_call, methods=["GET"]),
        ]
        return [*routes, *makers, *pages]

    def _wrap(self, reply: Reply) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            self._world.tick()
            try:
                body = await reply(request)
            except MISTAKES as error:
                return refused(error)
            self._world.tick()
            return answer(body)

        return endpoint

    def _maker(self, kind: str) -> Reply:
        async def make(request: Request) -> Json:
            return self._make(kind, await body_of(request))

        return make

    def _make(self, kind: str, rows: Any) -> Json:
        adapter, make = MAKERS[kind]
        try:
            orders = adapter.validate_python(rows)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise BadOrderError(f"{kind} {place}: {first['msg']} (a JSON list)") from None
        return make(self._world, orders)

    async def _set_corp(self, request: Request) -> Json:
        return set_corp(self._world, read_order(CorpOrder, await body_of(request)))

    async def _show_corp(self, request: Request) -> Json:
        return show_corp(self._world)

    async def _set_modes(self, request: Request) -> Json:
        wanted = await body_of(request)
        if not isinstance(wanted, dict):
            raise BadOrderError("modes: a JSON object of switches is needed")
        set_modes(self._world.modes, wanted)
        return self._world.modes.model_dump()

    async def _load(self, request: Request) -> Json:
        return self.load(await body_of(request))

    def load(self, whole: dict[str, Any]) -> Json:
        """A whole world at once: {"corp": …, "generate": …, "departments": […], "members": […], …}."""
        if not isinstance(whole, dict):
            raise BadOrderError("load: a JSON object of parts is needed")
        unknown = sorted(set(whole) - {"corp", "generate", *MAKERS})
        if unknown:
            raise BadOrderError(f"no such part: {', '.join(unknown)}")
        done: Json = {}
        if "corp" in whole:
            done["corp"] = set_corp(self._world, read_order(CorpOrder, whole["corp"]))
        if "generate" in whole:
            order = read_order(GenerateOrder, whole["generate"])
            done["generate"] = generate(self._world, order)
        for kind in MAKERS:
            if kind in whole:
                done |= self._make(kind, whole[kind])
        return done

    async def _act(self, request: Request) -> Json:
        body = await body_of(request)
        if isinstance(body, list):
            return {"results": [self._do(one) for one in body]}
        return self._do(body)

    def _do(self, body: Any) -> Json:
        name = body.get("act") if isinstance(body, dict) else None
        entry = self._acts.get(str(name))
        if entry is None:
            raise BadOrderError(f"no act {name!r}; there are {', '.join(sorted(self._acts))}")
        return entry.do(self._world, read_order(entry.model, body))

    async def _list_acts(self, request: Request) -> Json:
        return {
            name: {
                "does": (entry.do.__doc__ or "").split("\n")[0],
                "fields": sorted(set(entry.model.model_fields) - {"act"}),
            }
            for name, entry in sorted(self._acts.items())
        }

    async def _arm(self, request: Request) -> Json:
        body = await body_of(request)
        rules = [read_order(FaultRule, one) for one in (body if isinstance(body, list) else [body])]
        return {"numbers": [self._world.faults.arm(rule) for rule in rules]}

    async def _show_faults(self, request: Request) -> Json:
        return {"faults": self._world.faults.shown()}

    async def _lift(self, request: Request) -> Json:
        number = request.query_params.get("number", "")
        if number and not number.isdigit():
            raise BadOrderError(f"number: {number!r} is not the number of a rule")
        return {"lifted": self._world.faults.lift(int(number) if number else None)}

    async def _set_clock(self, request: Request) -> Json:
        return set_clock(self._world.clock, read_order(ClockOrder, await body_of(request)))

    async def _show_clock(self, request: Request) -> Json:
        return show_clock(self._world.clock)

    async def _lose_tokens(self, request: Request) -> Json:
        order = read_order(LoseOrder, await body_of(request))
        return {"lost": self._world.tokens.lose(order.agent_id)}

    async def _seen(self, request: Request) -> Json:
        query = request.query_params
        kinds = frozenset(part for part in query.get("kind", "").split(",") if part)
        after, limit = _window(request)
        rows = self._world.seen.after(after, kinds, limit)
        return {"rows": rows, "last": self._world.seen.last()}

    async def _seen_counts(self, request: Request) -> Json:
        return self._world.seen.counts()

    async def _drain(self, request: Request) -> Json:
        order = read_order(DrainOrder, await body_of(request))
        done = await self._world.callbacks.drain(order.timeout_s)
        return {"drained": done, "waiting": self._world.callbacks.waiting()}

    async def _texts(self, request: Request) -> Json:
        return texts.show_texts(self._world, request.query_params.get("phone", ""))

    async def _fail_texts(self, request: Request) -> Json:
        order = read_order(texts.FailOrder, await body_of(request))
        return texts.set_faults(self._world, order)

    async def _take_text(self, request: Request) -> Response:
        return await texts.take_text(self._world, request)

    async def _find_text(self, request: Request) -> Response:
        return await texts.find_text(self._world, request)

    async def _calls(self, request: Request) -> Json:
        return exchange.show_calls(self._world, request.query_params.get("phone", ""))

    async def _fail_calls(self, request: Request) -> Json:
        order = read_order(exchange.FailCallOrder, await body_of(request))
        return exchange.set_faults(self._world, order)

    async def _take_call(self, request: Request) -> Response:
        return await exchange.take_call(self._world, request)

    async def _find_call(self, request: Request) -> Response:
        return await exchange.find_call(self._world, request)

    async def _codes(self, request: Request) -> Json:
        return gateway.show_codes(self._world, request.query_params.get("phone", ""))

    async def _fail_codes(self, request: Request) -> Json:
        order = read_order(gateway.FailOrder, await body_of(request))
        return gateway.set_failing(self._world, order)

    async def _take_code(self, request: Request) -> Response:
        return await gateway.take_code(self._world, request)

    async def _verify(self, request: Request) -> Json:
        target = self._world.corp.callback
        if target is None:
            raise BadOrderError("the corp has no callback: POST /_sim/corp first")
        return await self._world.callbacks.verify(target, self._world.corp.corp_id)

    async def _generate(self, request: Request) -> Json:
        return generate(self._world, read_order(GenerateOrder, await body_of(request)))

    async def _totals(self, request: Request) -> Json:
        return truth.totals(self._world)

    async def _relations(self, request: Request) -> Json:
        after, limit = _window(request)
        return truth.relations(self._world, after, limit)

    async def _customer(self, request: Request) -> Json:
        return truth.customer(self._world, request.path_params["external_userid"])

    async def _groups(self, request: Request) -> Json:
        return truth.groups(self._world)

    async def _transfers(self, request: Request) -> Json:
        return truth.transfers(self._world)

    async def _broadcasts(self, request: Request) -> Json:
        return truth.broadcasts(self._world)

    async def _talk(self, request: Request) -> Json:
        after, limit = _window(request)
        return truth.talk(self._world, after, limit)

    async def _login(self, request: Request) -> Response:
        try:
            return await login_page(self._world, request)
        except MISTAKES as error:
            return refused(error)


def _window(request: Request) -> tuple[int, int]:
    query = request.query_params
    try:
        return int(query.get("after", "0")), int(query.get("limit", "1000"))
    except ValueError:
        raise BadOrderError("after and limit are whole numbers") from None
