package dockerfile

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

func (r *resolver) copyFiles(c *instructions.CopyCommand) error {
	from := Source{Kind: SourceContext}
	if c.From != "" {
		var err error
		if from, err = r.stage.file.source(c.From, r.stage.options.Contexts); err != nil {
			return err
		}
	}
	if from.Kind == SourceScratch {
		return errors.New("COPY --from=scratch: there are no files in it")
	}
	cp := &Copy{
		From: from, Paths: slices.Clone(c.SourcePaths), Chown: c.Chown, Chmod: c.Chmod, Exclude: c.ExcludePatterns, Parents: c.Parents,
	}
	return r.place(c, cp, c.SourcesAndDest, "COPY")
}

func (r *resolver) add(c *instructions.AddCommand) error {
	cp := &Copy{From: Source{Kind: SourceContext}, Chown: c.Chown, Chmod: c.Chmod, Exclude: c.ExcludePatterns, Add: true, Checksum: c.Checksum}
	if c.Unpack != nil {
		cp.Add, cp.Unpack = *c.Unpack, *c.Unpack
	}
	for _, p := range c.SourcePaths {
		git, isGit, err := parseGit(p, c.KeepGitDir)
		switch {
		case err != nil:
			return fmt.Errorf("ADD %s: %w", printable(p), err)
		case isGit:
			cp.Gits = append(cp.Gits, git.Git)
			if cp.Checksum == "" {
				cp.Checksum = git.commit
			}
		case isURL(p):
			cp.URLs = append(cp.URLs, p)
		default:
			cp.Paths = append(cp.Paths, p)
		}
	}
	if err := checkSum(cp); err != nil {
		return err
	}
	return r.place(c, cp, c.SourcesAndDest, "ADD")
}

func checkSum(cp *Copy) error {
	switch {
	case cp.Checksum == "":
		return nil
	case len(cp.URLs)+len(cp.Gits) != 1 || len(cp.Paths) > 0:
		return errors.New("ADD --checksum: only with one URL")
	case len(cp.Gits) == 1 && !isCommit(cp.Checksum):
		return fmt.Errorf("ADD --checksum=%s: expected the hexadecimal digits of a commit", printable(cp.Checksum))
	case len(cp.URLs) == 1 && !sha256Sum(cp.Checksum):
		return fmt.Errorf("ADD --checksum=%s: expected sha256: and 64 hexadecimal digits", printable(cp.Checksum))
	}
	return nil
}

func sha256Sum(s string) bool {
	hex, ok := strings.CutPrefix(s, "sha256:")
	return ok && len(hex) == 64 && strings.Trim(hex, "0123456789abcdef") == ""
}

// place completes a COPY or an ADD.
func (r *resolver) place(c instructions.Command, cp *Copy, written instructions.SourcesAndDest, word string) error {
	for _, in := range written.SourceContents {
		cp.Inline = append(cp.Inline, Inline{Name: path.Base("/" + in.Path), Data: in.Data})
	}
	if err := checkMode(cp.Chmod); err != nil {
		return fmt.Errorf("%s --chmod=%s: %w", word, printable(cp.Chmod), err)
	}
	if written.DestPath == "" {
		return fmt.Errorf("%s to nothing: a variable without a value", word)
	}
	for i, p := range cp.Paths {
		if p == "" {
			return fmt.Errorf("%s of nothing: a variable without a value", word)
		}
		slash := strings.HasSuffix(p, "/") && cp.Parents
		pivot := cp.Parents && strings.Contains(p, "/./")
		if !pivot {
			p = strings.TrimPrefix(path.Join("/", p), "/")
		}
		if cp.Paths[i] = p; slash && !pivot {
			cp.Paths[i] += "/"
		}
	}
	cp.Dest = r.absolute(written.DestPath)
	if d := written.DestPath; strings.HasSuffix(d, "/") || d == "." || strings.HasSuffix(d, "/.") {
		cp.Dest = strings.TrimSuffix(cp.Dest, "/") + "/"
	}
	sources := append(append([]string(nil), cp.Paths...), cp.URLs...)
	for _, g := range cp.Gits {
		sources = append(sources, g.Remote)
	}
	for _, in := range cp.Inline {
		sources = append(sources, "<<"+in.Name)
	}
	if len(sources) > 1 && !strings.HasSuffix(cp.Dest, "/") {
		return fmt.Errorf("%s of several sources: the destination %s has to end in /", word, printable(written.DestPath))
	}
	what := word
	for _, flag := range [][2]string{{"from", fromOf(c)}, {"chown", cp.Chown}, {"chmod", cp.Chmod}} {
		if flag[1] != "" {
			what += " --" + flag[0] + "=" + flag[1]
		}
	}
	what += " " + strings.Join(written.SourcePaths, " ")
	for _, in := range cp.Inline {
		what = strings.TrimSpace(what) + " <<" + in.Name
	}
	what += " " + written.DestPath
	r.step(c, Step{Copy: cp, Text: what, Created: what + " # buildkit"})
	return nil
}

func fromOf(c instructions.Command) string {
	if c, ok := c.(*instructions.CopyCommand); ok {
		return c.From
	}
	return ""
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// checkMode takes octal modes, and those in letters as chmod(1) has them.
func checkMode(mode string) error {
	if mode == "" {
		return nil
	}
	if n, err := strconv.ParseUint(mode, 8, 32); err == nil && n <= 0o7777 {
		return nil
	}
	if _, err := ParseMode(mode); err != nil {
		return err
	}
	return nil
}
