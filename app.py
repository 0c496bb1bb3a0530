"""The application under its fixed name: ``create_app(parts)`` builds what a web process serves."""

from wiring.parts import Parts, build
from wiring.web import Face, create_app

__all__ = ["Face", "Parts", "build", "create_app"]
