# One image for every process: `docker run IMAGE api`, `worker`, `queue-adapter`, `reconciler`, `indexes`, `doctor`.
# BASE_IMAGE may be any Debian 13: its Python 3.13 and ImageMagick 7 are what runs.
ARG BASE_IMAGE=debian:trixie-slim

FROM ${BASE_IMAGE} AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN python3 -m venv tools \
 && tools/bin/pip install --quiet --require-hashes -r requirements/build.txt \
 && python3 -m venv --without-pip /opt/image-jobs \
 && tools/bin/pip --python /opt/image-jobs install --quiet --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY contracts contracts
COPY services services
RUN tools/bin/pip wheel --quiet --no-deps --no-build-isolation -w dist . \
 && tools/bin/pip --python /opt/image-jobs install --quiet --no-deps dist/*.whl
COPY scripts/healthcheck.py scripts/make_bucket.py /opt/image-jobs/bin/

FROM ${BASE_IMAGE}
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libheif-plugin-aomdec libheif-plugin-libde265 \
    libmagickwand-7.q16-10 libseccomp2 python3 \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --system --gid 10001 imagejobs \
 && useradd --system --uid 10001 --gid imagejobs --home-dir /var/lib/image-jobs --shell /usr/sbin/nologin imagejobs \
 && install -d -o imagejobs -g imagejobs -m 0755 /var/lib/image-jobs
COPY --from=build /opt/image-jobs /opt/image-jobs
# A container's loopback interface cannot be reached from outside, so API_HOST is every address. The API does not start on
# it without tokens.
ENV PATH=/opt/image-jobs/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 API_HOST=0.0.0.0
WORKDIR /var/lib/image-jobs
USER 10001:10001
EXPOSE 3000
STOPSIGNAL SIGTERM
# Only `api` has an address to ask; another process is healthy as long as it runs.
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 \
    CMD grep -qzx api /proc/1/cmdline || exit 0; exec python /opt/image-jobs/bin/healthcheck.py
ENTRYPOINT ["imagejobs"]
CMD ["api"]
