package builder

import (
	"testing"
)

func TestRefOf(t *testing.T) {
	list := "1\tHEAD\n2\trefs/heads/v1\n3\trefs/tags/v1\n4\trefs/tags/v1^{}\n5\trefs/tags/v2\n6\trefs/tags/v2^{}\n7\trefs/tags/light\n8\trefs/heads/deep/v1\n"
	for ref, want := range map[string]string{
		"HEAD": "1", "v1": "2", "v2": "6", "light": "7", "refs/tags/v1": "3", "deep": "", "none": "",
	} {
		if got := refOf(list, ref); got != want {
			t.Errorf("%s is %q, want %q", ref, got, want)
		}
	}
}

// TestOutside: a Dockerfile reaches nothing of this machine itself by an ADD.
func TestOutside(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:80": false, "[::1]:80": false, "[::ffff:127.0.0.1]:80": false, "0.0.0.0:80": false, "169.254.169.254:80": false,
		"[fe80::1]:80": false, "not an address": false, "93.184.216.34:80": true, "10.0.0.1:80": true, "[2001:db8::1]:443": true,
	} {
		if err := outside(address); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
}
