package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// graphics makes a host that has files; their owners and modes are the test's.
func graphics(t *testing.T, files ...string) (root string) {
	t.Helper()
	root = t.TempDir()
	for _, name := range files {
		path := filepath.Join(root, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, nil, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestGraphicsDevices(t *testing.T) {
	root := graphics(t, "dev/dri/card0", "dev/dri/renderD128", "dev/dri/by-path/x", "dev/fuse", "dev/kfd")
	var d devices
	if missing := d.addGPU(root); len(missing) > 0 || len(d.libs) > 0 || len(d.env) > 0 {
		t.Errorf("got %v, %+v", missing, d)
	}
	want := []string{root + "/dev/dri/card0", root + "/dev/dri/renderD128", root + "/dev/kfd"}
	if !slices.Equal(d.paths, want) {
		t.Errorf("got %v, want %v", d.paths, want)
	}
}

func TestGraphicsOfNVIDIA(t *testing.T) {
	root := graphics(t, "dev/nvidia0", "dev/nvidiactl", "dev/nvidia-caps/nvidia-cap1", "usr/lib/x86_64-linux-gnu/libcuda.so.1",
		"usr/lib/x86_64-linux-gnu/libnvidia-ml.so.550.1", "usr/lib/x86_64-linux-gnu/libc.so.6", "usr/lib64/libcuda.so.1", "usr/bin/nvidia-smi")
	var d devices
	if missing := d.addGPU(root); len(missing) > 0 || len(d.paths) != 3 || len(d.env) != 1 {
		t.Errorf("got %v, %+v", missing, d)
	}
	var targets []string
	for _, op := range d.libs {
		targets = append(targets, op.Target)
		if !op.ReadOnly || !strings.HasPrefix(op.Source, root) {
			t.Errorf("got %+v", op)
		}
	}
	want := []string{nvidiaDir + "/lib64/libcuda.so.1", nvidiaDir + "/lib64/libnvidia-ml.so.550.1", nvidiaDir + "/bin/nvidia-smi"}
	if !slices.Equal(targets, want) {
		t.Errorf("got %v, want %v", targets, want)
	}
}

func TestGraphicsThatAreMissing(t *testing.T) {
	for want, root := range map[string]string{
		"no graphics device":     graphics(t),
		"NVIDIA's libraries":     graphics(t, "dev/nvidia0"),
		"cannot be used inside,": unusable(t),
	} {
		var d devices
		if missing := d.addGPU(root); os.Getuid() != 0 && (len(missing) != 1 || !strings.Contains(missing[0], want)) {
			t.Errorf("got %v, want %s", missing, want)
		}
	}
}

func unusable(t *testing.T) string {
	root := graphics(t, "dev/dri/renderD128")
	if err := os.Chmod(filepath.Join(root, "dev/dri/renderD128"), 0o440); err != nil {
		t.Fatal(err)
	}
	return root
}
