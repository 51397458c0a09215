package watch

import (
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/config"
)

// The patterns and names are a stranger's: none may keep the program busy. Where one did, this would not end.
func TestHostilePatterns(t *testing.T) {
	deep := strings.Repeat("a/", 2000) + "b"
	long := strings.Repeat("a", 255)
	for _, glob := range []string{
		strings.Repeat("{a,a,a,a,a,a,a,a}", 4) + "x", strings.Repeat("**/a/", 6) + "x", strings.Repeat("*a", 120) + "x", strings.Repeat("{**/a,**/a/a}/", 3) + "x",
		"{" + strings.Repeat("*,", 32) + "*}x", strings.Repeat("{*,*,*,*,*,*,*}", 4) + "x",
	} {
		if why := config.CheckGlob(glob); why != "" {
			t.Errorf("%s: %s", glob, why)
			continue
		}
		f := filterOf(t, Rule{Paths: []string{glob}}, nil)
		for _, file := range []string{deep, long, long + "/" + long, strings.Repeat("a/", 63) + "b", strings.Repeat(strings.Repeat("a", 63)+"/", 62) + "b"} {
			f.wants(file)
			f.enters(file)
		}
	}
	f := filterOf(t, Rule{Ignore: []string{"**/a/**/a/**/a/**/x", strings.Repeat("*a", 100) + "x"}}, map[string]string{
		".gitignore": strings.Repeat("**/a/**/a/**/a/**/x\n", 20) + strings.Repeat(strings.Repeat("*a", 100)+"x\n", 20),
	})
	f.wants(deep)
	f.wants(strings.Repeat("a/", maxDepth) + "b")
	f.wants(long)
}
