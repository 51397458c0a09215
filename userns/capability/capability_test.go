package capability_test

import (
	"testing"

	"github.com/rootless-sandbox/sandbox/userns/capability"
)

func TestParse(t *testing.T) {
	for name, want := range map[string]int{"CAP_CHOWN": 0, "chown": 0, "Net_Admin": 12, "CAP_SYS_ADMIN": 21, "cap_checkpoint_restore": 40} {
		if got, ok := capability.Parse(name); got != want || !ok {
			t.Errorf("%s: got %d, %v", name, got, ok)
		}
	}
	for _, name := range []string{"", "CAP_", "ALL", "CAP_CAP_CHOWN", "NET ADMIN"} {
		if got, ok := capability.Parse(name); ok {
			t.Errorf("%q: got %d", name, got)
		}
	}
}

func TestSets(t *testing.T) {
	if got := capability.Set([]string{"CHOWN", "nothing", "SYS_ADMIN"}); got != 1|1<<21 {
		t.Errorf("got %x", got)
	}
	if got := capability.All(); got != 1<<41-1 {
		t.Errorf("got %x", got)
	}
	for n, name := range capability.Names() {
		if got, ok := capability.Parse(name); !ok || got != n || capability.Name(n) != name {
			t.Errorf("%s is %d", name, got)
		}
	}
}
