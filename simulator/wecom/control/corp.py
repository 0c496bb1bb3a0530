"""POST /_sim/corp: the tenant, its apps, its callback address, the archive keys, the modes."""

from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import Field, ValidationError

from simulator.wecom.control.kit import BadOrderError, Order
from simulator.wecom.errors import Json
from simulator.wecom.modes import Modes
from simulator.wecom.state.corp import App, CallbackTarget, VisibleRange
from simulator.wecom.world import World


class CallbackOrder(Order):
    """A receive address."""

    url: str
    token: str
    aes_key: str


class VisibleOrder(Order):
    """A visible range; leaving both out means everybody."""

    users: list[str] | None = None
    departments: list[int] | None = None


class AppOrder(Order):
    """An app; the secret of an app that is known may be changed (its tokens die)."""

    agent_id: int
    secret: str
    kind: Literal["app", "directory", "archive"] = "app"
    name: str = ""
    customer_api: bool = True
    callback: CallbackOrder | None = None
    visible: VisibleOrder | None = None


class CorpOrder(Order):
    """Everything is optional: what is given is set, the rest stays."""

    corp_id: str | None = None
    name: str | None = None
    callback: CallbackOrder | None = None
    apps: list[AppOrder] = Field(default_factory=list)
    public_keys: dict[int, str] = Field(default_factory=dict)
    modes: dict[str, Any] = Field(default_factory=dict)


def set_corp(world: World, order: CorpOrder) -> Json:
    """Apply an order and show the corp."""
    corp = world.corp
    corp.corp_id = corp.corp_id if order.corp_id is None else order.corp_id
    corp.name = corp.name if order.name is None else order.name
    if order.callback is not None:
        corp.callback = _target(order.callback)
    for app in order.apps:
        visible = app.visible or VisibleOrder()
        corp.apps[app.agent_id] = App(
            app.agent_id,
            app.secret,
            kind=app.kind,
            name=app.name,
            customer_api=app.customer_api,
            callback=_target(app.callback) if app.callback else None,
            visible=VisibleRange(
                None if visible.users is None else frozenset(visible.users),
                None if visible.departments is None else frozenset(visible.departments),
            ),
        )
    world.forget_ranges()
    for version, pem in order.public_keys.items():
        _check_key(version, pem)
        world.talks.public_keys[version] = pem
    set_modes(world.modes, order.modes)
    return show_corp(world)


def set_modes(modes: Modes, wanted: dict[str, Any]) -> None:
    """Change switches of the tenant. Raises BadOrderError for an unknown or ill-typed one."""
    unknown = sorted(set(wanted) - set(Modes.model_fields))
    if unknown:
        raise BadOrderError(f"no such mode: {', '.join(unknown)}")
    for name, value in wanted.items():
        try:
            setattr(modes, name, value)
        except ValidationError as error:
            raise BadOrderError(f"mode {name}: {error.errors()[0]['msg']}") from None


def show_corp(world: World) -> Json:
    """The corp without its secrets."""
    corp = world.corp
    return {
        "corp_id": corp.corp_id,
        "name": corp.name,
        "callback_url": corp.callback.url if corp.callback else "",
        "apps": [
            {"agent_id": app.agent_id, "kind": app.kind, "name": app.name}
            for app in corp.apps.values()
        ],
        "public_keys": sorted(world.talks.public_keys),
        "modes": world.modes.model_dump(),
    }


def _target(order: CallbackOrder) -> CallbackTarget:
    if len(order.aes_key) != 43:
        raise BadOrderError(f"callback.aes_key has {len(order.aes_key)} characters, it needs 43")
    return CallbackTarget(order.url, order.token, order.aes_key)


def _check_key(version: int, pem: str) -> None:
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError:
        raise BadOrderError(f"public_keys.{version} is not a PEM public key") from None
    if not isinstance(key, RSAPublicKey) or key.key_size != 2048:
        raise BadOrderError(f"public_keys.{version} must be an RSA key of 2048 bits")
