package sandbox

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/rootless-sandbox/sandbox/config"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/egress"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/gitrepo"
	"github.com/rootless-sandbox/sandbox/sandbox/internal/monitor"
	"github.com/rootless-sandbox/sandbox/sandbox/spec"
)

// NotListed is why a connection was refused that nothing but a rule is wanting for.
const NotListed = egress.NotListed

// ToolHostsError: what a tool of network.allow is set up with could not be found out.
type ToolHostsError = egress.ToolError

// filter prepares the proxy of a filtered network.
func (n *network) filter(s spec.Spec) error {
	allow := s.Net.Allow
	if s.Net.LearnTo != "" { // what is public is open anyway, and the tool may be the very thing that is not here
		allow = slices.DeleteFunc(slices.Clone(allow), func(text string) bool { return strings.HasPrefix(text, "tool:") })
	}
	rules, err := egress.Rules(context.Background(), allow, gitrepo.Remotes(s.Project))
	if err != nil {
		return err
	}
	program, err := stackProgram()
	if err != nil {
		return err
	}
	n.config.Proxy = &monitor.Proxy{Program: program, Role: egress.Role}
	n.egress = egress.Config{Rules: rules, Learn: s.Net.LearnTo != "", Log: s.Net.LearnTo}
	return n.tellProxy()
}

// tellProxy makes what is known of the rules what the proxy is told.
func (n *network) tellProxy() (err error) {
	n.config.Proxy.Config, err = json.Marshal(n.egress)
	return err
}

// logEgress says where what was asked is noted.
func (n *network) logEgress(path string) error {
	if n.config.Proxy == nil || n.egress.Log != "" {
		return nil
	}
	n.egress.Log = path
	return n.tellProxy()
}

// withProxy are the variables of the configuration, on top of those that lead to the proxy where there is one.
func withProxy(c *config.Config) map[string]string {
	if c.Network.Mode != spec.NetworkFiltered {
		return c.Env
	}
	env := proxyVariables()
	maps.Copy(env, c.Env)
	return env
}

func proxyVariables() map[string]string {
	env := map[string]string{"NODE_USE_ENV_PROXY": "1"}
	at := "http://" + monitor.ProxyAddress()
	for name, value := range map[string]string{
		// Not socks5: many a tool that needs none for http stops at a word that it does not know.
		"http_proxy": at, "https_proxy": at, "ftp_proxy": at, "all_proxy": at,
		"no_proxy": "localhost,127.0.0.1,::1,.sandbox.internal",
	} {
		env[name], env[strings.ToUpper(name)] = value, value
	}
	return env
}

// withoutProxy leaves those out of an environment: they come and go with the mode of the network.
func withoutProxy(env []string) []string {
	ours := proxyVariables()
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name, value, _ := strings.Cut(kv, "=")
		own, ok := ours[name]
		return ok && own == value
	})
}

// EgressLog is what a sandbox asked of its filtered network, the oldest first. ErrNotFound.
func (e *Engine) EgressLog(_ context.Context, id string) ([]spec.Egress, error) {
	if _, err := e.store.ReadState(id); err != nil {
		return nil, notFound(err)
	}
	return egress.ReadLog(e.store.Sandbox(id).Egress())
}

// FollowEgress gives what EgressLog does and then what is added, until ctx ends or each fails. ErrNotFound.
func (e *Engine) FollowEgress(ctx context.Context, id string, each func(spec.Egress) error) error {
	if _, err := e.store.ReadState(id); err != nil {
		return notFound(err)
	}
	return egress.FollowLog(ctx, e.store.Sandbox(id).Egress(), each)
}

// ReadEgress is that of a file that Net.LearnTo named.
func ReadEgress(path string) ([]spec.Egress, error) { return egress.ReadLog(path) }
