package config_test

import "testing"

func TestABuildThatSaysNothingHasItsDefaults(t *testing.T) {
	for _, text := range []string{"build: {}", "build: {target: dev}"} {
		c := load(t, "version: 1\n"+text+"\n").Config
		if !c.Builds() || c.Build.Dockerfile != "Dockerfile" || c.Image != "" {
			t.Errorf("%s: got %+v and the image %q", text, c.Build, c.Image)
		}
	}
}
