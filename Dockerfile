# One image for every process of the Procfile; docker-compose.yml says which is which.
FROM python:3.11-slim-bookworm AS build
COPY requirements-uv.lock requirements.lock /build/
RUN python -m venv /opt/tickcast \
    && python -m pip install --no-cache-dir --require-hashes -r /build/requirements-uv.lock \
    && uv pip install --no-cache --compile-bytecode --python /opt/tickcast/bin/python \
        --require-hashes -r /build/requirements.lock

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home tickcast && install -d -o tickcast -g tickcast -m 700 /data
COPY --from=build /opt/tickcast /opt/tickcast
ENV PATH=/opt/tickcast/bin:$PATH PYTHONUNBUFFERED=1 PYTHONPATH=/srv/tickcast \
    TICKCAST_HOST=0.0.0.0 TICKCAST_DATA_DIR=/data
WORKDIR /srv/tickcast
COPY setup.cfg pyproject.toml README.md LICENSE Procfile ./
COPY core core
COPY storage storage
COPY ml ml
COPY feeds feeds
COPY tasks tasks
COPY api api
COPY client client
COPY operate operate
RUN printf '#!/bin/sh\nexec python -m operate.cli "$@"\n' > /opt/tickcast/bin/tickcast \
    && chmod 755 /opt/tickcast/bin/tickcast && python -m compileall -q .
USER tickcast
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["python", "-m", "operate.container"]
CMD ["gunicorn", "-c", "python:api.gunicorn_config", "api.main:app"]
