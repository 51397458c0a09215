package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox/image/host"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/gitrepo"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// Checkout are the files of a commit, which nobody writes to.
type Checkout struct {
	Commit string
	Dir    string // on the host; of the project, not of the whole repository
}

// CommitError: a commit's files cannot be had.
type CommitError struct{ Rev, Why string }

func (e *CommitError) Error() string { return "commit " + e.Rev + ": " + e.Why }

// Checkout takes the files of a commit out of the repository that a project is in, once for each commit. Neither the
// repository nor the project is written to. The repository is not believed: git reads it in a sandbox of
// its own, on this machine's programs and without a network, so that whatever its settings
// have git run happens there. Attributes and filters are not applied: what is in the commit is what comes out.
func (e *Engine) Checkout(ctx context.Context, s spec.Spec, rev string) (Checkout, error) {
	top, err := repositoryOf(s.Project)
	if err != nil {
		return Checkout{}, &CommitError{rev, err.Error()}
	}
	g := gitReader{engine: e, spec: gitSpec(s, top)}
	out, err := g.text(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	commit := strings.TrimSpace(out)
	if err != nil {
		return Checkout{}, &CommitError{rev, cmp.Or(oneLine(err), "there is none")}
	}
	if len(commit) < 40 || strings.Trim(commit, "0123456789abcdef") != "" {
		return Checkout{}, &CommitError{rev, "there is none"}
	}
	sum := sha256.Sum256([]byte(top + "\x00" + commit))
	dir := filepath.Join(e.store.Tests("commits"), hex.EncodeToString(sum[:16]))
	if err := e.takeOut(ctx, g, commit, dir); err != nil {
		return Checkout{}, err
	}
	rel, err := filepath.Rel(top, s.Project)
	if err != nil {
		return Checkout{}, err
	}
	c := Checkout{commit, filepath.Join(dir, rel)}
	if st, err := os.Lstat(c.Dir); err != nil || !st.IsDir() {
		return c, &CommitError{rev, "it has no directory " + rel}
	}
	return c, nil
}

// repositoryOf is the nearest directory, from the project upward, with a repository that is used.
func repositoryOf(project string) (string, error) {
	for dir := project; ; dir = filepath.Dir(dir) {
		repo, why := gitrepo.Find(dir)
		switch {
		case why != "":
			return "", errors.New(filepath.Join(dir, ".git") + " is not used: " + why)
		case repo.Dir != "":
			return dir, nil
		case dir == filepath.Dir(dir):
			return "", errors.New("the project is in no git repository")
		}
	}
}

// takeOut makes the directory, unless it is there.
func (e *Engine) takeOut(ctx context.Context, g gitReader, commit, dir string) error {
	unlock, err := e.store.LockName(ctx, "commit-"+filepath.Base(dir))
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Lstat(dir); err == nil {
		return nil
	}
	part := dir + ".part"
	if err := errors.Join(os.RemoveAll(part), os.MkdirAll(part, 0o755)); err != nil {
		return err
	}
	if err := g.extract(ctx, commit, part); err != nil {
		return errors.Join(&CommitError{commit, oneLine(err)}, os.RemoveAll(part))
	}
	return os.Rename(part, dir)
}

// gitSpec is a sandbox that only reads a repository.
func gitSpec(s spec.Spec, top string) spec.Spec {
	user := spec.User{Mode: spec.UserKeep, Name: pristineName, UID: os.Getuid(), GID: os.Getgid(), Home: "/home/" + pristineName}
	if user.UID == 0 {
		user.Name, user.Home = "root", "/root"
	}
	return spec.Spec{
		Version: s.Version, ID: s.ID, Name: s.Name, Project: top, Hostname: pristineName, Ephemeral: true,
		Image: spec.Image{Kind: spec.ImageHost, Ref: "host"}, User: user, IDs: s.IDs,
		Workspace: spec.Workspace{Target: top, Mode: "ro"}, Network: "none",
		Env: []string{
			"PATH=" + host.Path(os.Getenv("PATH"), top), "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
			"GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_TERMINAL_PROMPT=0", "GIT_NO_REPLACE_OBJECTS=1", "GIT_PAGER=cat",
		},
	}
}

// gitReader runs git inside.
type gitReader struct {
	engine *Engine
	spec   spec.Spec
}

// maxGitText bounds what git may answer in one go.
const maxGitText = 256 << 20

// text is the output of a command.
func (g gitReader) text(ctx context.Context, args ...string) (string, error) {
	var out bytes.Buffer
	err := g.stream(ctx, nil, func(r io.Reader) error {
		_, err := io.Copy(&out, io.LimitReader(r, maxGitText))
		return err
	}, args...)
	return out.String(), err
}

// stream runs a command and has its output read. write, if any, writes its input.
func (g gitReader) stream(ctx context.Context, write func(io.Writer) error, read func(io.Reader) error, args ...string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	outR, outW, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = outR.Close() }()
	errR, errW, err := os.Pipe()
	if err != nil {
		_ = outW.Close()
		return err
	}
	defer func() { _ = errR.Close() }()
	streams := Streams{Out: outW, Err: errW}
	if write != nil {
		inR, inW, err := os.Pipe()
		if err != nil {
			return errors.Join(err, outW.Close(), errW.Close())
		}
		streams.In = inR
		go func() {
			_ = write(inW) // a git that does not read it says why
			_ = inW.Close()
		}()
	}
	said := make(chan string, 1)
	go func() {
		text, _ := io.ReadAll(io.LimitReader(errR, 4096))
		said <- string(text)
		_, _ = io.Copy(io.Discard, errR)
	}()
	done := make(chan error, 1)
	go func() {
		err := read(outR)
		if err != nil {
			cancel()
		}
		done <- err
		_, _ = io.Copy(io.Discard, outR)
	}()
	words := append([]string{
		"git", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never", "-C", g.spec.Project,
	}, args...)
	x, err := g.engine.Run(ctx, g.spec, spec.Command{Args: words, Dir: g.spec.Project}, streams, nil)
	_ = errors.Join(outW.Close(), errW.Close())
	if streams.In != nil {
		_ = streams.In.Close()
	}
	readErr, complaint := <-done, <-said
	switch {
	case readErr != nil && (err == nil || errors.Is(err, context.Canceled)) && x.Code == 0:
		return readErr // it was broken off for that
	case err == nil && x.Signal != 0:
		return cmp.Or(readErr, ctx.Err())
	case err == nil && x.Code != 0:
		return errors.New(strings.TrimSpace(complaint))
	}
	return err
}

// oneLine is the first line of an error, which may be somebody else's words.
func oneLine(err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return strings.TrimPrefix(line, "fatal: ")
}
