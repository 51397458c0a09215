package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// builtFrom is what both build: stages that do not need each other, files of the context and of other stages, a cache mount.
const builtFrom = `FROM localhost/base AS one
WORKDIR /app
COPY src /app/src
RUN mkdir out && for i in 1 2 3; do sha256sum src/* > out/$i; done
RUN dd if=/dev/zero of=/app/blob bs=1M count=40
FROM localhost/base AS two
RUN sleep 1; echo two > /two; chmod 4750 /two
FROM localhost/base
ENV A=b
COPY --from=one /app/out /out
COPY --from=two --chmod=640 /two /two
RUN --mount=type=cache,target=/c touch /c/x; cat /out/1 > /list
USER 1000:1000
ENTRYPOINT ["/bin/cat"]
CMD ["/list"]
`

// builds: how long does an image of a Dockerfile take beside buildah, from nothing and from the cache?
func builds(b *bench) error {
	if b.absent("buildah") {
		return nil
	}
	dir := filepath.Join(b.dir, "build")
	src := filepath.Join(dir, "context", "src")
	if err := os.MkdirAll(src, 0o755); err != nil {
		return err
	}
	for i := range 200 {
		if err := os.WriteFile(filepath.Join(src, fmt.Sprintf("f%d", i)), fmt.Appendf(nil, "file %d\n", i), 0o644); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "context", "Dockerfile"), []byte(builtFrom), 0o644); err != nil {
		return err
	}
	peer := func(args ...string) command {
		// Its lightest isolation, which needs no control groups, and its fastest storage.
		env := append(os.Environ(), "BUILDAH_ISOLATION=chroot")
		store := []string{"buildah", "--storage-driver", "overlay", "--root", filepath.Join(dir, "storage"), "--runroot", filepath.Join(dir, "run")}
		return command{name: "buildah", args: append(store, args...), dir: filepath.Join(dir, "context"), env: env}
	}
	ours := func(args ...string) command {
		c := b.sandbox(append([]string{"build"}, args...)...)
		c.dir = filepath.Join(dir, "context")
		return c
	}
	layout := "oci:" + filepath.Join(dir, "base")
	tar := filepath.Join(dir, "base.tar")
	for _, c := range []command{
		{name: "sh", args: []string{"sh", "-ec", `mkdir -p root/bin root/etc root/tmp; cp "$(command -v busybox)" root/bin/
			for a in sh ls cat mkdir echo touch chmod sha256sum sleep dd; do ln -s busybox root/bin/$a; done
			echo root:x:0:0::/root:/bin/sh > root/etc/passwd; tar -C root -cf base.tar .`}, dir: dir},
		peer("from", "--name", "base", "scratch"), peer("add", "-q", "base", tar, "/"), peer("config", "--env", "PATH=/bin", "base"),
		peer("commit", "-q", "base", "localhost/base"), peer("push", "-q", "localhost/base", layout+":1"),
		b.sandbox("image", "pull", layout+":1"), b.sandbox("image", "tag", layout+":1", "localhost/base"),
	} {
		if err := b.must(c); err != nil {
			return err
		}
	}
	rounds := min(b.rounds, 5)
	cold, err := interleave(rounds, ours("--no-cache", "-t", "x", "."), peer("bud", "--layers", "--no-cache", "-t", "x", "."))
	if err != nil {
		return err
	}
	b.times("build: from nothing", cold[0])
	b.times("  buildah bud", cold[1])
	b.atMost("  from nothing, beside buildah", cold[0], cold[1], 0.7)
	cached, err := interleave(rounds, ours("-t", "x", "."), peer("bud", "--layers", "-t", "x", "."))
	if err != nil {
		return err
	}
	b.times("build: nothing changed", cached[0])
	b.times("  buildah bud", cached[1])
	b.atMost("  nothing changed, beside buildah", cached[0], cached[1], 0.2)
	if err := b.must(b.sandbox("prune", "--all")); err != nil { // layers are of other ids
		return err
	}
	return b.must(command{name: "buildah", args: []string{"buildah", "unshare", "rm", "-rf", filepath.Join(dir, "storage"), filepath.Join(dir, "run")}, dir: b.dir})
}
