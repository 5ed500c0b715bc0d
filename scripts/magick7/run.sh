#!/bin/sh
# Runs the conversion's tests under ImageMagick 7, in a container of Debian 13.
# usage: scripts/magick7/run.sh [arguments of pytest]
# The image is built once, and again when the requirements change. IMAGES=local builds it on the stand-in image of
# integration/images, for machines with access to package registries but not to an image registry.
set -eu
cd "$(dirname "$0")/../.."

image="image-jobs-magick7"
if [ "${IMAGES:-}" = local ]; then
    sh integration/images/build.sh base
    BASE_IMAGE="image-jobs-stand-in/base"
fi

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
cp scripts/magick7/Dockerfile requirements/dev.txt requirements/build.txt "$context"
DOCKER_BUILDKIT=0 docker build --quiet --network host --build-arg "BASE_IMAGE=${BASE_IMAGE:-debian:trixie-slim}" \
    --tag "$image" "$context" >/dev/null

[ $# -gt 0 ] || set -- tests/unit/conversion tests/correctness tests/functional/conversion --numprocesses 2 --dist loadfile
docker run --rm --init --network none --user "$(id -u):$(id -g)" --volume "$PWD:/src:ro" "$image" \
    pytest -p no:cacheprovider "$@"
