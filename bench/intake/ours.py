"""Our web process as production runs it, on either database: ``python -m bench.intake.ours PORT``."""

import os
import sys

from config.settings import load
from kit import log
from wiring.parts import build
from wiring.runtime import serve_http
from wiring.web import create_app


async def main(port: int) -> None:
    """Serve until told to stop. The settings come from the environment."""
    settings = load(os.environ)
    log.setup(level="WARNING", to_terminal=False)
    parts = await build(settings)
    try:
        await serve_http(parts, create_app(parts).app, "127.0.0.1", port)
    finally:
        await parts.close()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(int(sys.argv[1])))
