package cli

import (
	"errors"
	"strings"

	"github.com/rootless-sandbox/sandbox/sandbox"
	"github.com/rootless-sandbox/sandbox/sandbox/secret"
)

// dataHints knows secrets, volumes and caches.
func (a *app) dataHints(err error) []diagnosis {
	var hidden *secret.Error
	var unknown *sandbox.UnknownCacheError
	var none *sandbox.NoVolumeError
	var volume *sandbox.VolumeInUseError
	var cache *sandbox.CacheInUseError
	var other *sandbox.VolumeError
	switch {
	case errors.As(err, &hidden):
		return one(diagnosis{Code: "SBX0220", Hints: []hint{secretHint(hidden)}})
	case errors.As(err, &unknown):
		return one(diagnosis{Code: "SBX0221", Exit: exitUsage, Hints: []hint{{"sandbox cache ls", "those that are here"}}})
	case errors.As(err, &none):
		return one(diagnosis{Code: "SBX0520", Hints: []hint{{"sandbox volume ls", "those that there are; NAME@PROJECT names one of another project"}}})
	case errors.As(err, &volume):
		return one(diagnosis{Code: "SBX0521", Hints: volumeHints(volume)})
	case errors.As(err, &cache):
		return one(diagnosis{Code: "SBX0521", Hints: downHints(cache.By)})
	case errors.As(err, &other):
		return one(diagnosis{Code: "SBX0522", Hints: []hint{
			{"sandbox volume rm " + quote(other.ID), "deletes what is in it; or set user: back in .sandbox.yaml"},
		}})
	}
	return nil
}

func secretHint(e *secret.Error) hint {
	kind, name, _ := strings.Cut(e.From, " ")
	switch kind {
	case "variable":
		return hint{"export " + quote(name) + "=...", "in the shell that calls sandbox"}
	case "command":
		return hint{"command -v " + quote(name), "it runs on this host, in your home, with your environment"}
	}
	return hint{"ls -l " + quote(name), "a file of at most 1 MiB is needed"}
}

func volumeHints(e *sandbox.VolumeInUseError) []hint {
	if e.Running {
		return downHints(e.By)
	}
	return []hint{
		{"sandbox rm --volumes " + strings.Join(e.By, " "), "removes the sandbox with its volumes"},
		{"sandbox volume rm --force " + quote(e.ID), "removes the volume alone"},
	}
}

func downHints(by []string) []hint {
	if len(by) == 0 {
		return []hint{{"sandbox ps", "a command of sandbox run has it: it is free when that ends"}}
	}
	return []hint{{"sandbox down " + strings.Join(by, " "), "ends whoever has it"}}
}
