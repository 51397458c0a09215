//go:build !core

package compose

import (
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/schema"
	"github.com/compose-spec/compose-go/v2/tree"
)

// supported are the keys that are honoured, or that ask for nothing that is missed here.
func supported() []tree.Path {
	keys := strings.Fields(`
		image build command entrypoint environment env_file user working_dir volumes ports depends_on healthcheck restart
		stop_signal stop_grace_period hostname extra_hosts networks cap_add security_opt devices privileged network_mode
		shm_size mem_limit cpus tmpfs init
		container_name expose links stdin_open tty labels label_file logging pull_policy attach annotations profiles extends
		cap_drop ipc platform scale develop`)
	return slices.DeleteFunc(slices.Clone(schema.AttributePaths()), func(p tree.Path) bool {
		parts := p.Parts()
		if parts[0] != "services" {
			return slices.Contains([]string{"secrets", "configs", "models", "jobs"}, parts[0])
		}
		return len(parts) > 2 && !slices.Contains(keys, parts[2])
	})
}
