package sandbox

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/rootless-sandbox/sandbox/userns"
)

// Where images that are made for NVIDIA's devices look for the driver's libraries.
const nvidiaDir = "/usr/local/nvidia"

// gpuNodes are the devices of graphics drivers: those of the kernel (Documentation/gpu,
// DRM), of AMD's compute driver and of NVIDIA's.
func gpuNodes() []string {
	return []string{"dev/dri/card*", "dev/dri/renderD*", "dev/kfd", "dev/nvidia*", "dev/nvidia-caps/*"}
}

// addGPU takes in the graphics devices below root, which is / but in tests, and what
// of NVIDIA's driver is no part of an image: its libraries must be of the version of
// the kernel's module. It says what is not there.
func (d *devices) addGPU(root string) (missing []string) {
	found, nvidia := 0, false
	for _, pattern := range gpuNodes() {
		for _, path := range glob(root, pattern) {
			st, err := os.Stat(path)
			if err != nil || st.IsDir() || root == "/" && st.Mode()&os.ModeDevice == 0 {
				continue
			}
			found, nvidia = found+1, nvidia || strings.Contains(pattern, "nvidia")
			if why := d.add(path, st); why != "" {
				missing = append(missing, why)
			}
		}
	}
	switch {
	case found == 0:
		return []string{"this host has no graphics device: neither /dev/dri nor /dev/kfd nor /dev/nvidia*"}
	case nvidia && !d.addNVIDIA(root):
		missing = append(missing, "NVIDIA's libraries were not found on this host: the image's must be of the version of its driver")
	}
	return missing
}

// addNVIDIA shows the driver's libraries and tools, each by its name.
func (d *devices) addNVIDIA(root string) bool {
	show := func(path, dir string) {
		d.libs = append(d.libs, userns.Op{
			Kind: userns.OpBind, Source: path, Target: nvidiaDir + "/" + dir + "/" + filepath.Base(path), ReadOnly: true, NoSuid: true, Optional: true,
		})
	}
	seen := map[string]bool{}
	for _, dir := range []string{"usr/lib/*-linux-gnu", "usr/lib64", "usr/lib", "usr/lib/nvidia", "run/opengl-driver/lib"} {
		for _, name := range []string{"libcuda.so.*", "libnvidia-*.so.*", "libnvcuvid.so.*", "libnvoptix.so.*", "lib*_nvidia.so.*"} {
			for _, path := range glob(root, dir+"/"+name) {
				if !seen[filepath.Base(path)] {
					seen[filepath.Base(path)] = true
					show(path, "lib64")
				}
			}
		}
	}
	if len(seen) == 0 {
		return false
	}
	for _, path := range glob(root, "usr/bin/nvidia-smi") {
		show(path, "bin")
	}
	d.env = append(d.env, "LD_LIBRARY_PATH="+nvidiaDir+"/lib64")
	return true
}

func glob(root, pattern string) []string {
	paths, _ := filepath.Glob(filepath.Join(root, pattern)) // the patterns are ours
	return paths
}
