package config

// later refuses what this version cannot make an image of. Each goes when its key works.
func (m *devMapper) later() bool {
	f, before := m.f, len(m.problems)
	switch {
	case len(f.DockerComposeFile) > 0:
		m.fail("dockerComposeFile", "files of compose are %s", cannotYet)
	case f.Build.Dockerfile != "" || f.DockerFile != "":
		prop := "build.dockerfile"
		if f.DockerFile != "" {
			prop = "dockerFile"
		}
		m.fail(prop, "building an image is %s", cannotYet)
	}
	if len(f.Features) > 0 {
		m.fail("features", "%s", cannotYet)
	}
	return len(m.problems) > before
}
