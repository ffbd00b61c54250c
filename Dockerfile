# One image for every process of the Procfile; docker-compose.yml says which is which.
FROM python:3.11.13-slim-bookworm AS build
COPY requirements-uv.lock requirements.lock /build/
RUN python -m venv /opt/tickcast \
    && python -m pip install --no-cache-dir --require-hashes -r /build/requirements-uv.lock \
    && uv pip install --no-cache --compile-bytecode --python /opt/tickcast/bin/python \
        --require-hashes -r /build/requirements.lock
WORKDIR /srv/tickcast
COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY core core
COPY storage storage
COPY ml ml
COPY feeds feeds
COPY trading trading
COPY agent agent
COPY tasks tasks
COPY api api
COPY client client
COPY operate operate
RUN uv pip install --no-cache --python /opt/tickcast/bin/python --no-deps --editable . \
    && /opt/tickcast/bin/python -m compileall -q .

FROM python:3.11.13-slim-bookworm
RUN useradd --uid 10001 --create-home tickcast && install -d -o tickcast -g tickcast -m 700 /data
COPY --from=build /opt/tickcast /opt/tickcast
COPY --from=build /srv/tickcast /srv/tickcast
ENV PATH=/opt/tickcast/bin:$PATH PYTHONUNBUFFERED=1 \
    TICKCAST_HOST=0.0.0.0 TICKCAST_DATA_DIR=/data
WORKDIR /srv/tickcast
USER tickcast
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["python", "-m", "operate.container"]
CMD ["gunicorn", "-c", "python:api.gunicorn_config", "api.main:app"]
