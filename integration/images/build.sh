#!/bin/sh
# Builds stand-ins for the images of compose.yaml, for machines without an image registry; see README.md in this folder.
# usage: integration/images/build.sh [base] [redis] [minio] [mongodb]      default: all
set -eu

cd "$(dirname "$0")"
prefix="image-jobs-stand-in"
cache=${IMAGE_JOBS_CACHE:-$HOME/.cache/image-jobs}
minio_version=v0.0.0-20260212201848-7aac2a2c5b7c # the last commit of MinIO's archived repository
authorities=/etc/ssl/certs/ca-certificates.crt

say() { printf 'images: %s\n' "$*"; }
fail() { printf 'images: %s\n' "$*" >&2; exit 1; }
need() { command -v "$1" >/dev/null 2>&1 || fail "$1 is missing: README.md beside this script lists the tools it needs"; }

# The checksum of an image's inputs: this script, its folder and the base image; for the base image itself, the
# certificate authorities of the host. An image whose label has the same checksum is kept.
label="image-jobs.made-from"
made_from() {
    {
        if [ "$1" = base ]; then cat "$authorities"; else docker image inspect -f '{{.Id}}' "$prefix/base"; fi
        find build.sh "$1" -type f -exec cat {} +
    } 2>/dev/null | sha256sum | cut -d ' ' -f 1
}
is_there() {
    [ "$(docker image inspect -f "{{index .Config.Labels \"$label\"}}" "$prefix/$1" 2>/dev/null)" = "$(made_from "$1")" ]
}

# The classic builder accepts --network host, so a build reaches packages the way the host does.
build() {
    say "building $prefix/$1"
    DOCKER_BUILDKIT=0 docker build --quiet --network host --build-arg "BASE_IMAGE=$prefix/base" \
        --label "$label=$(made_from "$1")" -t "$prefix/$1" "$2" >/dev/null
}

# Like Debian's slim images: no documentation, no translations, no package files after their installation.
slim() {
    printf 'path-exclude=/usr/share/%s/*\n' doc man locale info lintian >"$1/etc/dpkg/dpkg.cfg.d/slim"
    cat >"$1/etc/apt/apt.conf.d/slim" <<'APT'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT
    for name in doc man locale info lintian; do rm -rf "${1:?}/usr/share/$name"; done
}

# A host may trust its own certificate authority. Without it pip and apt could not connect during a build.
base() {
    need debootstrap
    if [ ! -e "$cache/trixie.done" ]; then
        say "debootstrap of Debian trixie into $cache/trixie"
        rm -rf "$cache/trixie"
        debootstrap --variant=minbase --include=ca-certificates trixie "$cache/trixie" >"$cache/debootstrap.log" ||
            fail "debootstrap failed: see $cache/debootstrap.log"
        slim "$cache/trixie"
        touch "$cache/trixie.done"
    fi
    if [ -e "$authorities" ]; then cp "$authorities" "$cache/trixie$authorities"; fi
    tar -C "$cache/trixie" --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' -c . |
        docker import -c "ENV PIP_CERT=$authorities" -c "LABEL $label=$(made_from base)" -c 'CMD ["bash"]' \
            - "$prefix/base" >/dev/null
}

redis() { build redis redis; }

minio() {
    need go
    if [ ! -x "$cache/minio-$minio_version/minio" ]; then
        say "compiling MinIO $minio_version, which takes minutes"
        (cd "$cache" && GOBIN="$cache/minio-$minio_version" CGO_ENABLED=0 \
            go install -trimpath -ldflags '-s -w' "github.com/minio/minio@$minio_version")
    fi
    context=$(mktemp -d)
    trap 'rm -rf "$context"' EXIT
    cp minio/Dockerfile "$cache/minio-$minio_version/minio" "$context"
    build minio "$context"
}

mongodb() {
    need mvn
    mvn --quiet --batch-mode -f mongodb/pom.xml -Dstand.in.directory="$cache/mongodb" package ||
        fail "Maven could not build the MongoDB stand-in: see its message above"
    cp mongodb/Dockerfile "$cache/mongodb"
    build mongodb "$cache/mongodb"
}

need docker
docker info >/dev/null 2>&1 || fail "no Docker engine answers: start dockerd, or set DOCKER_HOST"
mkdir -p "$cache"
if [ $# = 0 ]; then set -- base redis minio mongodb; fi
for image; do
    case $image in
        base | redis | minio | mongodb) is_there "$image" || "$image" ;;
        *) fail "unknown image $image: use base, redis, minio or mongodb" ;;
    esac
    say "$prefix/$image is there"
done
