package egress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rootless-sandbox/sandbox/config"
)

// ToolError: what a tool is set up with could not be found out.
type ToolError struct {
	Tool string
	Err  error
}

func (e *ToolError) Error() string { return "hosts of tool:" + e.Tool + ": " + e.Err.Error() }

func (e *ToolError) Unwrap() error { return e.Err }

// Rules are those of network.allow. Tools are asked on this machine, outside of any project, where their hosts are;
// remotes are the addresses of the project's own git remotes. *ToolError.
func Rules(ctx context.Context, allow, remotes []string) ([]Rule, error) {
	rules, errs := make([][]Rule, len(allow)), make([]error, len(allow))
	var all sync.WaitGroup // some tools take half a second to answer
	for i, text := range allow {
		all.Go(func() { rules[i], errs[i] = rulesOf(ctx, text, remotes) })
	}
	all.Wait()
	return slices.Concat(rules...), errors.Join(errs...)
}

func rulesOf(ctx context.Context, text string, remotes []string) ([]Rule, error) {
	a, why := config.ParseAllow(text)
	switch {
	case why != "":
		return nil, fmt.Errorf("network.allow: %q: %s", text, why)
	case a.Tool == "git":
		return hostsIn(text, remotes, false), nil
	case a.Tool == "":
		return []Rule{ruleOf(text, a)}, nil
	}
	words, err := askTool(ctx, a.Tool)
	if err != nil {
		return nil, &ToolError{a.Tool, err}
	}
	return hostsIn(text, words, true), nil
}

// question is what a tool answers with its settings.
func question(tool string) []string {
	return map[string][]string{
		"go":  {"go", "env", "GOPROXY", "GOSUMDB"},
		"npm": {"npm", "config", "get", "registry"},
		"apt": {"apt-get", "indextargets", "--format", "$(SITE)"},
		// The file host is in no setting: the tool itself knows it.
		"pip": {"python3", "-I", "-c", `from pip._internal.models.index import PyPI
from pip._internal.configuration import Configuration
c = Configuration(isolated=False); c.load()
v = [v for k, v in c.items() if k.endswith(("index-url", "find-links"))]
print(*(v or [PyPI.url, PyPI.file_storage_domain]), sep="\n")`},
	}[tool]
}

const toolTimeout = 20 * time.Second

func askTool(ctx context.Context, tool string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, toolTimeout)
	defer cancel()
	args := question(tool)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = "/"
	cmd.WaitDelay = time.Second
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		if line, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n"); line != "" {
			return nil, fmt.Errorf("%s: %w: %s", args[0], err, line)
		}
		return nil, err
	}
	words := strings.FieldsFunc(string(out), func(r rune) bool { return strings.ContainsRune(" \t\r\n,|", r) })
	if len(words) == 0 {
		return nil, errors.New("it names none")
	}
	return words, nil
}

// hostsIn finds the hosts of addresses, once each; other words are passed over.
func hostsIn(text string, words []string, own bool) []Rule {
	var out []Rule
	seen := map[string]bool{}
	for _, w := range words {
		r, ok := ruleOfURL(w)
		if key := r.Host + r.Prefix.String() + strconv.Itoa(r.Port); ok && !seen[key] {
			seen[key] = true
			r.Text, r.Own = text, own
			out = append(out, r)
		}
	}
	return out
}

// ruleOfURL takes an address of http or https, or a bare name with a dot (which is how some tools give it).
func ruleOfURL(s string) (Rule, bool) {
	if !strings.Contains(s, "://") {
		if !strings.Contains(s, ".") || strings.ContainsAny(s, "/@:") {
			return Rule{}, false
		}
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return Rule{}, false
	}
	r := Rule{Port: 443}
	if u.Scheme == "http" {
		r.Port = 80
	}
	if p := u.Port(); p != "" {
		if r.Port, err = strconv.Atoi(p); err != nil {
			return Rule{}, false
		}
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil {
		r.Prefix = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
		return r, true
	}
	a, why := config.ParseAllow(u.Hostname())
	r.Host = a.Host
	return r, why == "" && a.Host != "" && !a.Below
}
