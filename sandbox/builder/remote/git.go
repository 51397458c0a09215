package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/image/dockerfile"
)

// gitCall is git of this machine in a directory of its own, without anything that its user has
// configured, by https or http alone, and without a question.
type gitCall struct {
	dir     string
	remote  *url.URL
	pinned  string   // HOST:PORT:ADDRESS that was checked; "" behind a proxy
	local   bool     // this machine itself may be asked
	proxies []string // as variables
}

// git prepares calls for a remote that may be asked.
func (s *Sources) git(ctx context.Context, remote, dir string) (*gitCall, error) {
	u, err := url.Parse(remote)
	if err != nil {
		return nil, err
	}
	g := &gitCall{dir: dir, remote: u, local: s.Local, proxies: s.Proxies}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	if g.local || err != nil || proxy != nil {
		return g, err
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	found, err := net.DefaultResolver.LookupHost(ctx, u.Hostname())
	if err != nil {
		return nil, err
	}
	for _, address := range found {
		if err := outside(net.JoinHostPort(address, port)); err != nil {
			return nil, err
		}
	}
	g.pinned = u.Hostname() + ":" + port + ":" + strings.Join(found, ",") // it may not be another one when git asks
	return g, nil
}

// call runs git and answers what it printed.
func (g *gitCall) call(ctx context.Context, args ...string) (string, error) {
	program, err := exec.LookPath("git")
	if err != nil {
		return "", fmt.Errorf("a git repository is fetched by the program git, which is not here: %w", err)
	}
	settings := []string{
		"-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "credential.helper=", "-c", "gc.auto=0",
		"-c", "init.defaultBranch=main", "-c", "advice.detachedHead=false",
	}
	if !g.local {
		settings = append(settings, "-c", "http.followRedirects=false")
	}
	if g.pinned != "" {
		settings = append(settings, "-c", "http.curloptResolve="+g.pinned)
	}
	c := exec.CommandContext(ctx, program, append(settings, args...)...)
	var out, said bytes.Buffer
	c.Dir, c.Stdout, c.Stderr = g.dir, &out, &said
	c.Env = append(slices.Clone(g.proxies), "PATH="+os.Getenv("PATH"), "HOME="+g.dir, "LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0", "GIT_ALLOW_PROTOCOL=https:http")
	if file := os.Getenv("SSL_CERT_FILE"); file != "" {
		c.Env = append(c.Env, "GIT_SSL_CAINFO="+file)
	}
	if err := c.Run(); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		why := strings.TrimSpace(said.String())
		if at := strings.LastIndexByte(why, '\n'); at >= 0 {
			why = why[at+1:]
		}
		return "", fmt.Errorf("git %s %s: %s: %w", args[0], g.remote.Redacted(), why, err)
	}
	return strings.TrimSpace(out.String()), nil
}

// Commit names what a repository is at the ref that is asked for. checksum, unless it is empty, is
// what the commit begins with.
func (s *Sources) Commit(ctx context.Context, git dockerfile.Git, checksum string) (commit string, err error) {
	asked := "git " + git.Remote + " " + git.Ref + " " + checksum
	known, ok := s.recall(asked)
	switch {
	case ok:
		return known, nil
	case len(checksum) == 40 || len(checksum) == 64:
		return s.remember(asked, checksum), nil
	case checksum == "" && len(git.Ref) == 40 && strings.Trim(git.Ref, "0123456789abcdef") == "":
		return s.remember(asked, git.Ref), nil
	}
	dir, err := os.MkdirTemp("", "sandbox-git")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	g, err := s.git(ctx, git.Remote, dir)
	if err != nil {
		return "", err
	}
	ref := git.Ref
	if ref == "" {
		ref = "HEAD"
	}
	list, err := g.call(ctx, "ls-remote", "--", git.Remote, ref, ref+"^{}")
	if err != nil {
		return "", err
	}
	commit = refOf(list, ref)
	if commit == "" {
		return "", fmt.Errorf("git %s: it has no %s", g.remote.Redacted(), ref)
	}
	if !strings.HasPrefix(commit, checksum) {
		return "", fmt.Errorf("git %s: %s is the commit %s, not %s", g.remote.Redacted(), ref, commit, checksum)
	}
	return s.remember(asked, commit), nil
}

// refOf finds a ref in what ls-remote prints: a branch goes before a tag, and a tag's commit before the tag.
func refOf(list, ref string) (commit string) {
	names := []string{ref, "refs/heads/" + ref, "refs/tags/" + ref + "^{}", "refs/tags/" + ref}
	best := len(names)
	for line := range strings.Lines(list) {
		id, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		for i, want := range names[:best] {
			if name == want {
				best, commit = i, id
				break
			}
		}
	}
	return commit
}

// Checkout puts the files of a commit into an empty directory, with the repository that they come from.
func (s *Sources) Checkout(ctx context.Context, git dockerfile.Git, commit, dir string) error {
	g, err := s.git(ctx, git.Remote, dir)
	if err != nil {
		return err
	}
	if _, err := g.call(ctx, "init", "-q", "--template="); err != nil {
		return err
	}
	from := []string{"fetch", "-q", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", git.Remote}
	if _, err := g.call(ctx, append(from, commit)...); err != nil { // not every server gives any commit
		if git.Ref == "" || ctx.Err() != nil {
			return err
		}
		if _, rerr := g.call(ctx, append(from, git.Ref)...); rerr != nil {
			return errors.Join(err, rerr)
		}
	}
	_, err = g.call(ctx, "checkout", "-q", "--detach", commit)
	return err
}
