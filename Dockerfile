# Slim, without root, kernels compiled:
#   docker build -t ghirbal .
#   docker run --rm -v "$PWD:/data" --user "$(id -u):$(id -g)" ghirbal build dumps -o OUT
FROM python:3.13-slim AS build
COPY . /source
RUN pip install --no-cache-dir --root-user-action=ignore --prefix=/install "/source[parquet]"

FROM python:3.13-slim
COPY --from=build /install /usr/local
# Kernels are compiled for this processor; on another one they are again, under HOME, which anybody can write to.
RUN python -m dedup && useradd --no-create-home ghirbal
ENV HOME=/tmp PYTHONUNBUFFERED=1
WORKDIR /data
USER ghirbal
ENTRYPOINT ["ghirbal"]
