#!/usr/bin/env bash
# An image of three layers and about 2 GB, from Debian packages, in a registry on
# this machine: what `go run ./bench -only pull -image REFERENCE` is to be given.
# Needs root, podman, docker-registry, mmdebstrap, and apt sources that answer.
set -euo pipefail
dir=$(mktemp -d /var/tmp/sandbox-image.XXXXXX)
port=${PORT:-5005}
mmdebstrap --quiet --variant=apt bookworm "$dir/base.tar"
podman --runtime runc import -q "$dir/base.tar" localhost/base:1
cat >"$dir/Dockerfile" <<'END'
FROM localhost/base:1
RUN apt-get update -q && apt-get install -y -q --no-install-recommends build-essential git ca-certificates python3 curl && rm -rf /var/lib/apt/lists/*
RUN apt-get update -q && apt-get install -y -q --no-install-recommends golang nodejs postgresql clang default-jdk-headless && rm -rf /var/lib/apt/lists/*
END
podman --runtime runc build -q --isolation chroot --network host --layers -t "127.0.0.1:$port/big:1" "$dir"
cat >"$dir/registry.yml" <<END
version: 0.1
storage: {filesystem: {rootdirectory: $dir/registry}}
http: {addr: "127.0.0.1:$port"}
END
docker-registry serve "$dir/registry.yml" >"$dir/log" 2>&1 &
echo "the registry is process $!, its files are in $dir" >&2
sleep 1
podman push -q --tls-verify=false "127.0.0.1:$port/big:1"
echo "127.0.0.1:$port/big:1"
