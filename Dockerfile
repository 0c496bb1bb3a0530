# Gengyun: one image, every process: web, worker, scheduler, or all three in one (serve).
# Works on python:3.11-slim and on a plain Debian 12 with python3-venv (scripts/image-proof.sh).
# For a network of your own:  --build-arg BASE=… PIP_INDEX_URL=… NPM_CONFIG_REGISTRY=… PIP_CERT=…
ARG BASE=python:3.11-slim-bookworm

# What the pages load: npm packages by their lock, each file checked by its hash. npm is a wheel.
# hadolint ignore=DL3006
FROM ${BASE} AS assets
ARG PIP_INDEX_URL
ARG PIP_CERT
ARG NPM_CONFIG_REGISTRY
ARG NODE_EXTRA_CA_CERTS
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements-node.lock ./
RUN python3 -m venv /opt/node && /opt/node/bin/pip install --require-hashes --no-deps -r requirements-node.lock
COPY assets/package.json assets/package-lock.json assets/vendor.lock.json assets/
COPY kit/__init__.py kit/errors.py kit/
COPY kit/web/__init__.py kit/web/assets.py kit/web/
RUN /opt/node/bin/python -m kit.web.assets

# The environment: every wheel by its hash, then our own, without what only building needs.
# hadolint ignore=DL3006
FROM ${BASE} AS build
ARG PIP_INDEX_URL
ARG PIP_CERT
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements.lock ./
RUN python3 -m venv /opt/gengyun && /opt/gengyun/bin/pip install --require-hashes --no-deps -r requirements.lock
COPY . .
COPY --from=assets /src/kit/web/static/vendor/ kit/web/static/vendor/
RUN /opt/gengyun/bin/pip install --no-deps --no-build-isolation . \
 && /opt/gengyun/bin/pip uninstall --yes editables hatchling trove-classifiers \
 && find /opt/gengyun/lib -depth -path '*/pyarrow/*' \( -path '*/tests/*' -o -path '*/include/*' \
      -o -name '*flight*' -o -name '*.px[di]' -o -name '*.pyx' \) -delete \
 && /opt/gengyun/bin/python -m compileall -q /opt/gengyun/lib \
 && /opt/gengyun/bin/pip uninstall --yes pip setuptools

# hadolint ignore=DL3006
FROM ${BASE}
LABEL org.opencontainers.image.title="Gengyun" \
      org.opencontainers.image.description="WeCom private-domain operations for banks" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 gengyun \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/gengyun --shell /usr/sbin/nologin gengyun \
 && install -d -o gengyun -g gengyun -m 0700 /var/lib/gengyun
COPY --from=build /opt/gengyun /opt/gengyun
ENV PATH=/opt/gengyun/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    GENGYUN_DATA_DIR=/var/lib/gengyun \
    GENGYUN_DATABASE_URL=sqlite:////var/lib/gengyun/gengyun.db
USER 10001:10001
WORKDIR /var/lib/gengyun
VOLUME /var/lib/gengyun
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/livez', timeout=2).read()"]
ENTRYPOINT ["gengyun"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
