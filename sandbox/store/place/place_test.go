package place

import "testing"

func TestPlaces(t *testing.T) {
	exists := t.TempDir()
	for name, c := range map[string]struct {
		env           map[string]string
		data, runtime string
	}{
		"named":            {map[string]string{"SANDBOX_DATA_DIR": "/d/", "SANDBOX_RUNTIME_DIR": "/r", "HOME": "/h", "XDG_DATA_HOME": "/x"}, "/d", "/r"},
		"xdg":              {map[string]string{"XDG_DATA_HOME": "/x", "XDG_RUNTIME_DIR": exists, "HOME": "/h"}, "/x/sandbox", exists + "/sandbox"},
		"home":             {map[string]string{"HOME": "/h"}, "/h/.local/share/sandbox", "/tmp/sandbox-7"},
		"xdg dir missing":  {map[string]string{"HOME": "/h", "XDG_RUNTIME_DIR": exists + "/no"}, "/h/.local/share/sandbox", "/tmp/sandbox-7"},
		"relative xdg":     {map[string]string{"HOME": "/h", "XDG_DATA_HOME": "x", "XDG_RUNTIME_DIR": "."}, "/h/.local/share/sandbox", "/tmp/sandbox-7"},
		"relative, named":  {map[string]string{"SANDBOX_DATA_DIR": "d", "SANDBOX_RUNTIME_DIR": "r"}, "d", "r"},
		"nothing is known": {nil, "", "/tmp/sandbox-7"},
	} {
		t.Run(name, func(t *testing.T) {
			data, run := Both(func(k string) string { return c.env[k] }, 7)
			if data != c.data || run != c.runtime {
				t.Errorf("got %q, %q, want %q, %q", data, run, c.data, c.runtime)
			}
		})
	}
}
