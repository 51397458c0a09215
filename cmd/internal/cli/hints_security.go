package cli

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/rootless-sandbox/sandbox/sandbox"
)

// securityHints knows devices and rights.
func (a *app) securityHints(err error) []diagnosis {
	var device *sandbox.DeviceError
	var rights *sandbox.RightsError
	if errors.As(err, &rights) {
		return one(diagnosis{Code: "SBX0231", Hints: []hint{{"su - USER -c 'sandbox up'", "as a user without privileges"}}})
	}
	if !errors.As(err, &device) {
		return nil
	}
	show := hint{"ls -l " + quote(device.Path), "a device that you can use is needed"}
	if errors.Is(err, fs.ErrNotExist) {
		show = hint{"ls " + quote(filepath.Dir(device.Path)), "what there is"}
		if driver := driverOf(device.Path); driver != "" {
			show = hint{"sudo modprobe -a " + driver, "loads the driver, if the machine has what it is for"}
		}
	}
	return one(diagnosis{Code: "SBX0230", Hints: []hint{show, {"sandbox config show", "where the value comes from"}}})
}

// driverOf is the module of the kernel that makes a device.
func driverOf(path string) string {
	switch path {
	case "/dev/fuse":
		return "fuse"
	case "/dev/kvm":
		return "kvm_intel kvm_amd"
	case "/dev/net/tun":
		return "tun"
	}
	return ""
}
